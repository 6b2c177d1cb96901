/** Commands on a model: of lenses, which name it, and of the palette, which ask. */
import { window } from 'vscode';
import { type ModelEntry, serverCommands, serverRequests } from '../../server/protocol/editor';
import type { ParamsOf } from '../../server/protocol/messages';
import { askMethod, askModel, askSparsity, pick } from '../ask';
import { configFor } from '../config';
import { percent } from '../format';
import type { Lens } from '../lens';
import { methodTitle } from '../methods';
import { runWithProgress } from '../progress';
import { exportMasksOf } from './exportMasks';
import { tellRunEnd, withEnd } from './finished';

/** What lenses, tree items and key bindings pass; nothing from the palette. */
export interface ModelArgument {
  readonly model?: string;
  readonly method?: string;
  readonly sparsity?: number;
}

/** Scores at initialization, then shows the heatmap. */
export async function score(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Score which model?', argument.model);
  if (!model) return;
  // A lens means the default method; whoever comes without a model is asked for both.
  const method = argument.method ?? (argument.model === undefined ? await askMethod('Score how?', model) : undefined);
  if (argument.model === undefined && method === undefined) return;
  const { sparsity } = argument;
  await runWithProgress(lens.server, titleOf('Scoring', model, method), serverCommands.score, {
    model: model.model,
    ...(method !== undefined && { method }),
    ...(sparsity !== undefined && { sparsity }),
  });
  lens.showHeatmap(model.model);
}

function titleOf(what: string, { label }: ModelEntry, method: string | undefined): string {
  return `${what} ${label}${method === undefined ? '' : ` by ${methodTitle(method)}`}`;
}

/** The sparsity a model has now; its setting where it has no score yet. */
async function sparsityOf({ server }: Lens, model: ModelEntry): Promise<number> {
  const fallback = configFor(model).sparsity;
  if (model.scored.length === 0) return fallback;
  return server.request(serverRequests.heatmap, { model: model.model }).then(
    ({ sparsity }) => sparsity,
    () => fallback,
  );
}

/** Asks for a method and a sparsity, selects the weights, and exports the masks or shows them. */
export async function prune(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Prune which model?', argument.model);
  if (!model) return;
  const method = argument.method ?? (await askMethod(`Prune ${model.label} how?`, model));
  if (method === undefined) return;
  const start = await sparsityOf(lens, model);
  const sparsity = argument.sparsity ?? (await askSparsity(`Prune ${model.label} by ${methodTitle(method)}`, start));
  if (sparsity === undefined) return;
  await runWithProgress(lens.server, titleOf('Pruning', model, method), serverCommands.prune, {
    model: model.model,
    method,
    sparsity,
  });
  const next = await pick(`${model.label} is pruned to ${percent(sparsity)}`, [
    { label: '$(graph) Show what stays', detail: 'Opens the heatmap.', value: 'show' as const },
    { label: '$(export) Export the masks…', detail: 'safetensors, npz, or for PyTorch.', value: 'export' as const },
  ]);
  if (next === 'show') lens.showHeatmap(model.model);
  if (next === 'export') await exportMasksOf(lens, model, { method, sparsity });
}

/** Trains what a score keeps with what is known, and shows the curves; the form asks for more. */
export const trainMasked = (lens: Lens, argument: ModelArgument) => train(lens, argument, false);

/** Trains all weights, likewise. */
export const trainDense = (lens: Lens, argument: ModelArgument) => train(lens, argument, true);

async function train(lens: Lens, argument: ModelArgument, dense: boolean): Promise<void> {
  const model = await askModel(lens.server, dense ? 'Train which model?' : 'Train which masked model?', argument.model);
  if (!model) return;
  const { method, sparsity } = argument;
  const title = dense ? `Training all weights of ${model.label}` : titleOf('Training masked', model, method);
  const masked = dense ? {} : { ...(method !== undefined && { method }), ...(sparsity !== undefined && { sparsity }) };
  await trainWith(lens, title, { model: model.model, dense, ...masked });
}

/** Trains, and shows the curves. */
export async function trainWith(
  lens: Lens,
  title: string,
  argument: ParamsOf<typeof serverCommands.train>,
): Promise<void> {
  // The curves open with the first news of the run; before that there may be a question about data.
  const opening = lens.server.onTraining(({ run }) => {
    opening.dispose();
    lens.showCurves({ runs: [run], adds: true });
  });
  try {
    await withEnd(
      () => runWithProgress(lens.server, title, serverCommands.train, argument, true),
      (run) => tellRunEnd(lens, run),
    );
  } finally {
    opening.dispose();
  }
}

/** Opens the heatmap; scores first where there is nothing to show yet and the user wants it. */
export async function showHeatmap(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Heatmap of which model?', argument.model);
  if (!model) return;
  if (model.scored.length > 0) return lens.showHeatmap(model.model);
  const scoreNow = 'Score at Init';
  const choice = await window.showInformationMessage(`${model.label} has no score yet.`, scoreNow);
  if (choice === scoreNow) await score(lens, { model: model.model });
}

export async function showArchitecture(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Architecture of which model?', argument.model);
  if (model) lens.showArchitecture(model.model);
}

export async function setSparsity(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Set the sparsity of which model?', argument.model);
  if (!model) return;
  if (model.scored.length === 0) return showHeatmap(lens, { model: model.model });
  const start = await sparsityOf(lens, model);
  const sparsity = argument.sparsity ?? (await askSparsity(`Sparsity of ${model.label}`, start));
  if (sparsity === undefined) return;
  await lens.server.execute(serverCommands.setSparsity, { model: model.model, sparsity });
}

/** Says why the open file is no model, and offers to have an export run that may be one. */
export async function explain(lens: Lens): Promise<void> {
  const document = window.activeTextEditor?.document;
  if (document?.uri.scheme !== 'file') {
    void window.showInformationMessage('Open the file in which you expect a model.');
    return;
  }
  const { text, callable } = await lens.server.request(serverRequests.explain, { file: document.uri.fsPath });
  const treat = 'Treat as a Model';
  const choice = await window.showInformationMessage(text, ...(callable.length > 0 ? [treat] : []));
  if (choice !== treat) return;
  const choices = callable.map((model) => ({ label: lens.server.nameOf(model), value: model }));
  const model = callable.length === 1 ? callable[0] : await pick('Treat which export as a model?', choices);
  if (model !== undefined) await score(lens, { model });
}

/** Asks which data a model is for, whatever it has now. */
export async function chooseData(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Choose the data of which model?', argument.model);
  if (!model) return;
  const { data } = await lens.server.execute(serverCommands.chooseData, { model: model.model });
  void window.showInformationMessage(`${model.label} is for ${data}.`);
}

export async function exportMasks(lens: Lens, argument: ModelArgument): Promise<void> {
  const model = await askModel(lens.server, 'Export the masks of which model?', argument.model);
  if (!model) return;
  if (model.scored.length === 0) return prune(lens, { model: model.model });
  await exportMasksOf(lens, model, argument);
}
