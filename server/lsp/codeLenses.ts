/** The lines of commands and results above each model. */
import type { CodeLens, Command } from 'vscode-languageserver/node';
import type { EditorRange, ModelEntry } from '../protocol/editor';
import type { ModelName } from '../protocol/results';
import { methodTitle } from './methods';
import { isStale, type ModelState, shownAtLines, shownScore } from './models';
import { count, percent } from './text';

const KINDS = ['summary', 'score', 'prune', 'train', 'compare'] as const;
export type LensKind = (typeof KINDS)[number];

/** What a lens needs to be resolved. */
export interface LensData {
  readonly model: ModelName;
  readonly kind: LensKind;
}

/** The extension has commands of its own that ask and show; other clients run the server's. */
const COMMANDS: { readonly [client in 'extension' | 'other']: { readonly [kind in LensKind]: string } } = {
  extension: {
    summary: 'prunelens.showHeatmap',
    score: 'prunelens.score',
    prune: 'prunelens.prune',
    train: 'prunelens.train',
    compare: 'prunelens.compare',
  },
  other: {
    summary: 'prunelens.server.prune',
    score: 'prunelens.server.score',
    prune: 'prunelens.server.prune',
    train: 'prunelens.server.train',
    compare: 'prunelens.server.compare',
  },
};

const TITLES: { readonly [kind in Exclude<LensKind, 'summary'>]: string } = {
  score: 'Score at init',
  prune: 'Prune…',
  train: 'Train masked',
  compare: 'Compare methods',
};

/** `ProsPr · 98 % · 5,324 of 266,200 kept`; out of date: `…, stale · now Magnitude: 3,556 of 177,800` */
export function summaryTitle(state: ModelState): string | undefined {
  const score = shownScore(state);
  if (!score || !state.selection) return undefined;
  const { kept, prunable, sparsity } = state.selection;
  const stale = isStale(state) ? ', stale' : '';
  const own = `${score.title} · ${percent(sparsity)} · ${count(kept)} of ${count(prunable)} kept${stale}`;
  const shown = shownAtLines(state);
  if (shown?.insteadOf === undefined) return own;
  const { selection } = shown;
  return `${own} · now ${methodTitle(shown.method)}: ${count(selection.kept)} of ${count(selection.prunable)}`;
}

function firstLine({ start }: EditorRange): EditorRange {
  return { start, end: start };
}

/** The lenses of the models of one document, without their commands. */
export function codeLenses(
  entries: readonly ModelEntry[],
  stateOf: (model: ModelName) => ModelState | undefined,
): CodeLens[] {
  return entries.flatMap(({ model, range }) => {
    const state = stateOf(model);
    const kinds = KINDS.filter((kind) => kind !== 'summary' || (state && summaryTitle(state) !== undefined));
    return kinds.map((kind) => ({ range: firstLine(range), data: { model, kind } satisfies LensData }));
  });
}

/** A lens with its command. */
export function resolveCodeLens(
  lens: CodeLens,
  state: ModelState | undefined,
  client: 'extension' | 'other',
): CodeLens {
  const { model, kind } = lens.data as LensData;
  const title = kind === 'summary' ? ((state && summaryTitle(state)) ?? 'Not scored') : TITLES[kind];
  const command: Command = { title, command: COMMANDS[client][kind], arguments: [{ model }] };
  return { ...lens, command };
}
