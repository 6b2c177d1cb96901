/** The lines of commands and results above each model. */
import type { CodeLens } from 'vscode-languageserver/node';
import type { EditorRange, ModelEntry } from '../../protocol/editor';
import type { ModelName } from '../../protocol/results';
import { methodTitle } from '../methods';
import { isStale, resultsOf, shownAtLines, shownScore } from '../model/selectors';
import type { ModelState } from '../model/state';
import { count, percent } from '../text';

const KINDS = ['summary', 'score', 'prune', 'train', 'compare'] as const;
type LensKind = (typeof KINDS)[number];

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
  const [score, results] = [shownScore(state), resultsOf(state)];
  if (!score || !results) return undefined;
  const { kept, prunable, sparsity } = results.selection;
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

/**
 * The lenses of the models of one document, with their commands. They are not left to be resolved one by one: where lenses are
 * asked for again meanwhile, VS Code may keep commands of lenses it has let go, and a click on those does nothing.
 */
export function codeLenses(
  entries: readonly ModelEntry[],
  stateOf: (model: ModelName) => ModelState | undefined,
  client: 'extension' | 'other',
): CodeLens[] {
  return entries.flatMap(({ model, range }) => {
    const state = stateOf(model);
    const summary = state && summaryTitle(state);
    const titles: Readonly<Record<LensKind, string | undefined>> = { summary, ...TITLES };
    return KINDS.flatMap((kind): CodeLens[] => {
      const title = titles[kind];
      if (title === undefined) return [];
      return [{ range: firstLine(range), command: { title, command: COMMANDS[client][kind], arguments: [{ model }] } }];
    });
  });
}
