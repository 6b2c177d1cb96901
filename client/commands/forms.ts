/** The form before work on a model, and the work that it asks for. */
import { basename, join } from 'node:path';
import { commands, Uri, ViewColumn, window } from 'vscode';
import type { FormKind } from '../../server/protocol/catalogue/derive';
import type { OptionData } from '../../server/protocol/catalogue/values';
import { DENSE } from '../../server/protocol/comparison';
import { serverCommands } from '../../server/protocol/editor';
import { type FormValues, partValues } from '../../server/protocol/form';
import type { ModelName, SearchSummary, ShrinkSummary } from '../../server/protocol/results';
import { askModel } from '../ask';
import type { Lens } from '../lens';
import { methodTitle } from '../methods';
import { runWithProgress } from '../progress';
import { revealInFiles } from './exportMasks';
import { tellFolderEnd, withEnd } from './finished';
import { trainWith } from './models';
import { runSweep } from './sweep';

/** What a form asks for. */
export interface FormOrder {
  readonly model: ModelName;
  readonly kind: FormKind;
  readonly values: FormValues;
}

const QUESTIONS: { readonly [Kind in FormKind]: string } = {
  train: 'Train which model?',
  compare: 'Compare methods on which model?',
  sweep: 'Sweep over settings of which model?',
  search: 'Search the highest sparsity of which model?',
  learn: 'Learn a criterion from which model?',
  shrink: 'Make which model smaller?',
};

/** Opens the form for work on the model that is meant, or that the user picks. */
export async function openForm(lens: Lens, argument: { readonly model?: string }, kind: FormKind): Promise<void> {
  const model = await askModel(lens.server, QUESTIONS[kind], argument.model);
  if (model) lens.showForm(model.model, kind);
}

const textOf = (value: OptionData | undefined) => (value === undefined ? undefined : String(value));
const numberOf = (value: OptionData | undefined) => (typeof value === 'number' ? value : undefined);

/** Without the keys whose value is undefined. */
function given<T extends object>(values: T): { readonly [Key in keyof T]: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

async function compare(lens: Lens, { model, values }: FormOrder): Promise<void> {
  const { fields, options } = partValues(values);
  const methods = (fields.methods ?? []) as readonly string[];
  const sparsities = (fields.sparsities ?? []) as readonly number[];
  const { seeds, ...rest } = options;
  const title = `Comparing ${methods.length} methods on ${lens.server.nameOf(model)}`;
  const opening = lens.server.onTraining(() => {
    opening.dispose();
    lens.showCurves();
  });
  try {
    const argument = { model, methods, sparsities, ...given({ seeds: numberOf(seeds) }), options: rest };
    const { folder } = await withEnd(
      () => runWithProgress(lens.server, title, serverCommands.compare, argument, true),
      (comparison) => tellFolderEnd(lens, title, comparison.folder),
    );
    lens.showCurves({ comparison: folder });
  } finally {
    opening.dispose();
  }
}

/** Writes the file of a sweep and opens it. */
export async function writeSweep(lens: Lens, { model, values }: Omit<FormOrder, 'kind'>): Promise<string> {
  const { file } = await lens.server.execute(serverCommands.writeSweep, { model, values });
  await window.showTextDocument(Uri.file(file), { viewColumn: ViewColumn.One, preserveFocus: true });
  return file;
}

async function sweep(lens: Lens, order: FormOrder): Promise<void> {
  await runSweep(lens, await writeSweep(lens, order));
}

async function tellFound({ folder, conclusion }: SearchSummary): Promise<void> {
  const [results, reveal] = ['Open Results', 'Open Folder'];
  const choice = await window.showInformationMessage(conclusion, results, reveal);
  if (choice === results) await commands.executeCommand('vscode.open', Uri.file(join(folder, 'results.json')));
  if (choice === reveal) await revealInFiles(folder);
}

/** Searches, with its runs in the table as they come. */
async function search(lens: Lens, { model, values }: FormOrder): Promise<void> {
  const { fields, options } = partValues(values);
  const title = `Searching the highest sparsity of ${lens.server.nameOf(model)}`;
  lens.showRuns();
  const argument = { model, ...given({ method: textOf(fields.method) }), options };
  void tellFound(await runWithProgress(lens.server, title, serverCommands.search, argument, true));
}

async function learn(lens: Lens, { model, values }: FormOrder): Promise<void> {
  const { fields, options } = partValues(values);
  const title = `Learning a criterion from ${lens.server.nameOf(model)}`;
  const argument = { model, ...given({ name: textOf(fields.name) }), options };
  const { report } = await runWithProgress(lens.server, title, serverCommands.learn, argument);
  lens.showSurvival(report);
}

/** Says what was made, what it saves and what is proved of it, and offers to open it. */
async function tellSmaller(label: string, { folder, files, sentences }: ShrinkSummary): Promise<void> {
  const shown = files.find((file) => /\.(py|json)$/.test(file)) ?? files[0];
  const open = `Open ${basename(shown)}`;
  const reveal = 'Open Folder';
  const choice = await window.showInformationMessage(`${label} is smaller. ${sentences.join(' ')}`, open, reveal);
  if (choice === open) await commands.executeCommand('vscode.open', Uri.file(shown));
  if (choice === reveal) await revealInFiles(folder);
}

async function shrink(lens: Lens, { model, values }: FormOrder): Promise<void> {
  const { fields, options } = partValues(values);
  const label = lens.server.nameOf(model);
  const argument = {
    model,
    ...given({ method: textOf(fields.method), sparsity: numberOf(fields.sparsity), folder: textOf(fields.folder) }),
    options,
  };
  const made = await runWithProgress(lens.server, `Making ${label} smaller`, serverCommands.shrink, argument);
  void tellSmaller(label, made);
}

async function train(lens: Lens, { model, values }: FormOrder): Promise<void> {
  const { fields, options } = partValues(values);
  const method = textOf(fields.method);
  const label = lens.server.nameOf(model);
  const isDense = method === DENSE;
  const title = isDense ? `Training all weights of ${label}` : `Training ${label} by ${methodTitle(method ?? '')}`;
  const masked = isDense ? {} : given({ method, sparsity: numberOf(fields.sparsity) });
  await trainWith(lens, title, { model, dense: isDense, ...masked, options });
}

const WORK: { readonly [Kind in FormKind]: (lens: Lens, order: FormOrder) => Promise<void> } = {
  train,
  compare,
  sweep,
  search,
  learn,
  shrink,
};

/** Does what a form asks for; settles when that is done. */
export function startForm(lens: Lens, order: FormOrder): Promise<void> {
  return WORK[order.kind](lens, order);
}

/** The key under which the workspace remembers what was chosen last for such work. */
const keyOf = (kind: FormKind) => `prunelens.form.${kind}`;

export function keepForm(
  { memory }: Lens,
  kind: FormKind,
  values: { readonly [flag: string]: string },
): Thenable<void> {
  return memory.update(keyOf(kind), values);
}

export function keptForm({ memory }: Lens, kind: FormKind): { readonly [flag: string]: string } {
  return memory.get(keyOf(kind), {});
}
