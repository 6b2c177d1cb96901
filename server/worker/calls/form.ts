/** The form of an editor: what it offers, what is wrong with it, and what the work that it asks for would take. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { AskedOptions, OptionData } from '../../protocol/catalogue/values';
import { DENSE } from '../../protocol/comparison';
import { UserError, usageError } from '../../protocol/errors';
import { type FormMistake, partValues } from '../../protocol/form';
import { isSweepFile } from '../../protocol/sweep';
import type { FormParams } from '../../protocol/worker';
import { formChoices as choicesOf, mistakeOf, optionMistakes, resolvedValues } from '../../request/asked';
import { checkMethod } from '../../request/comparedMethods';
import { requireData } from '../../request/data';
import { type LoadedModel, loadForRequests } from '../../request/model';
import { withObjective } from '../../request/objective';
import { resolveTraining } from '../../request/resolve';
import type { TrainingRequest, TrainingRequestFlags } from '../../request/types';
import { expandSweep } from '../../sweep/expand';
import { checkSweepText } from '../../sweep/read';
import { sweepText as writtenSweep } from '../../sweep/write';
import { measuredExamples, measureTraining, stepBytes } from '../../training/trainingCosts';
import { executorFor, flagsOf, loadingOf } from '../prepare';
import type { CallContext, CallHandler } from '../session';

const isSparsity = (value: unknown) => typeof value === 'number' && value >= 0 && value < 1;
const isFilled = (value: unknown) => typeof value === 'string' && value.trim() !== '';

const SPARSITY = 'It must be from 0 up to, but not including, 100 %.';

/** What is wrong with the fields that are no options of the catalogue. */
function fieldMistakes(kind: FormParams['kind'], { fields }: ReturnType<typeof partValues>): readonly FormMistake[] {
  const { methods } = choicesOf(kind);
  const { method, sparsity } = fields;
  const mistakes: FormMistake[] = [];
  const demand = (flag: string, isFine: boolean, message: string) => {
    if (!isFine) mistakes.push({ flag, message });
  };
  const isMethod = (name: unknown) => methods.some((one) => one.name === name);
  switch (kind) {
    case 'sweep':
    case 'compare': {
      const { methods: chosen = [], sparsities = [] } = fields as { methods?: unknown[]; sparsities?: unknown[] };
      demand('methods', chosen.length > 0, 'Choose one method at least.');
      for (const one of chosen) tryMethod(String(one), mistakes);
      demand('sparsities', sparsities.length > 0 && sparsities.every(isSparsity), SPARSITY);
      if (kind === 'sweep') demand('file', isSweepFile(String(fields.file ?? '')), 'Name a file that ends in .yaml.');
      break;
    }
    case 'learn':
      demand(
        'name',
        /^\w[\w.-]*$/.test(String(fields.name ?? '')),
        'Use letters, digits, dots, dashes and underscores.',
      );
      break;
    case 'search':
      demand('method', isMethod(method), 'Choose a method.');
      break;
    default:
      demand('method', isMethod(method), 'Choose a method.');
      demand('sparsity', method === DENSE || isSparsity(sparsity), SPARSITY);
      if (kind === 'shrink') demand('folder', isFilled(fields.folder), 'Name a folder.');
  }
  return mistakes;
}

/** Options with one value each: the first of those that a sweep has of them. */
function singleValues(options: AskedOptions, kind: FormParams['kind']): AskedOptions {
  const axes = new Set(choicesOf(kind).axes);
  return Object.fromEntries(
    Object.entries(options).map(([flag, value]): [string, OptionData] => [
      flag,
      axes.has(flag) && Array.isArray(value) ? (value[0] as OptionData) : value,
    ]),
  );
}

/** The text of the sweep's file that a form asks for. */
function textOf(file: string, { model, data, values }: FormParams): string {
  const { fields, options } = partValues(values);
  const { methods = [], sparsities = [] } = fields as { methods?: string[]; sparsities?: number[] };
  return writtenSweep(file, { model, methods, sparsities, options, ...(data !== undefined && { data }) });
}

/** How many runs the sweep of a form has. @throws UserError where it is none, or has too many. */
function runsOf(params: FormParams): number {
  const file = resolve(String(params.values.file));
  const checked = checkSweepText(textOf(file, params));
  if ('mistakes' in checked) throw usageError(checked.mistakes[0].message);
  const name = basename(file, extname(file));
  return expandSweep(checked.sweep, { folder: dirname(file), name, out: dirname(file) }).runs.length;
}

function tryMethod(name: string, mistakes: FormMistake[]): void {
  try {
    checkMethod(name);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    mistakes.push({ flag: 'methods', message: error.message });
  }
}

/** A file of weights that is not there; what is wrong within one is told when it is read. */
function weightsMistakes({ weights }: AskedOptions): readonly FormMistake[] {
  if (typeof weights !== 'string' || existsSync(weights)) return [];
  return [{ flag: 'weights', message: `There is no file ${weights} in the workspace folder.` }];
}

/** The values without those that are wrong, so that the others can be resolved. */
function withoutWrong(options: AskedOptions, mistakes: readonly FormMistake[]): TrainingRequestFlags {
  const wrong = new Set(mistakes.map(({ flag }) => flag));
  return Object.fromEntries(Object.entries(options).filter(([flag]) => !wrong.has(flag))) as TrainingRequestFlags;
}

async function load(params: FormParams, flags: TrainingRequestFlags, context: CallContext): Promise<LoadedModel> {
  const loading = { ...loadingOf(params, context), onNote: context.session.note };
  const loaded = await loadForRequests(params.model, flags, context.signal, loading);
  context.session.descriptions.keep(params.model, loaded.network);
  return loaded;
}

/** Flags of a form: learning has one epoch in each iteration, whatever settings say of training. */
function formFlags({ kind, values, ...given }: FormParams, good: TrainingRequestFlags): TrainingRequestFlags {
  // A sweep heeds its file and prunelens.json, and no setting of the editor.
  const { backend, seed, ...alone } = given;
  const params = kind === 'sweep' ? alone : given;
  const epochs = choicesOf(kind).options.find(({ name }) => name === 'epochs');
  const isOwn = kind === 'learn' && epochs !== undefined && 'default' in epochs;
  return { ...flagsOf(params), ...(isOwn && { epochs: epochs.default as number }), ...good };
}

export const formChoices: CallHandler<'formChoices'> = ({ kind }) => choicesOf(kind);

export const checkForm: CallHandler<'checkForm'> = async (params, context) => {
  const { kind, values } = params;
  const parted = partValues(values);
  const { options } = choicesOf(kind);
  const mistakes = [
    ...optionMistakes(parted.options, kind),
    ...fieldMistakes(kind, parted),
    ...weightsMistakes(parted.options),
  ];
  try {
    const flags = formFlags(params, withoutWrong(singleValues(parted.options, kind), mistakes));
    const request = resolveTraining({ ...(await load(params, flags, context)), flags });
    const runs = kind === 'sweep' && mistakes.length === 0 ? runsOf(params) : undefined;
    return { mistakes, values: resolvedValues(request, options), ...(runs !== undefined && { runs }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { mistakes: [...mistakes, mistakeOf(error, options)], values: {} };
  }
};

export const sweepText: CallHandler<'sweepText'> = ({ file, ...params }) => ({ text: textOf(file, params) });

/** What the measured training of a request depends on. */
function measuredKey(request: TrainingRequest, fingerprint: string, isMasked: boolean): string {
  const { backend, computing, batchSize, data, limit, objective, training } = request;
  const { optimizer, augmentation } = training;
  return JSON.stringify([
    fingerprint,
    isMasked,
    ...[backend, computing, batchSize, data, limit, objective],
    ...[optimizer.kind, augmentation],
  ]);
}

export const trainingCosts: CallHandler<'trainingCosts'> = async (params, context) => {
  const { kind, values } = params;
  const { fields, options } = partValues(values);
  const [wrong] = optionMistakes(options, kind);
  if (wrong) throw new UserError(wrong.message, { kind: 'usage' });
  const flags = formFlags(params, singleValues(options, kind) as TrainingRequestFlags);
  const loaded = await load(params, flags, context);
  const request = resolveTraining({ ...loaded, flags });
  const network = await withObjective(loaded.network, request);
  const { dataset } = await requireData(request, network);
  const executor = await executorFor(request, context);
  const { batchSize } = request;
  const isMasked = fields.method !== DENSE && kind !== 'learn';
  const key = measuredKey(request, network.fingerprint, isMasked);
  const task = { executor, network, dataset, config: request.training, isMasked };
  const { examples, seconds, testSeconds } = await context.session.measuredSteps.get(key, () =>
    measureTraining(task, measuredExamples(network, batchSize, executor), context.signal),
  );
  return {
    backend: executor.backend,
    device: executor.device,
    batchSize,
    measuredExamples: examples,
    stepSeconds: (seconds * batchSize) / examples,
    ...(testSeconds !== undefined && { testSeconds }),
    stepBytes: stepBytes(network, request.training, isMasked),
    trainExamples: dataset.train.size,
    testExamples: dataset.test.size,
  };
};
