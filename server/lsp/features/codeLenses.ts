/** The lines of commands and results above each model. */
import type { CodeLens } from 'vscode-languageserver/node';
import { type EditorRange, lensCommands, type ModelEntry, serverCommands } from '../../protocol/editor';
import type { ModelName } from '../../protocol/results';
import { methodTitle } from '../methods';
import { isStale, resultsOf, shownAtLines, shownScore } from '../model/selectors';
import type { ModelState } from '../model/state';
import { count, exactPercent, stabilityText } from '../text';

/** In their order: *Score* stays where it is when a score is there, and the summary comes before what is cut off in a narrow editor. */
const KINDS = ['setUp', 'score', 'summary', 'prune', 'train', 'form', 'compare'] as const;
type LensKind = (typeof KINDS)[number];

/** A form is one of the extension; other clients send what they ask for themselves. */
const COMMANDS: { readonly [client in 'extension' | 'other']: { readonly [kind in LensKind]: string | undefined } } = {
  extension: lensCommands,
  other: {
    setUp: serverCommands.setUp.method,
    summary: serverCommands.prune.method,
    score: serverCommands.score.method,
    prune: serverCommands.prune.method,
    train: serverCommands.train.method,
    form: undefined,
    compare: serverCommands.compare.method,
  },
};

const TITLES: { readonly [kind in Exclude<LensKind, 'summary' | 'setUp'>]: string } = {
  score: 'Score at init',
  prune: 'Prune…',
  train: 'Train masked',
  form: 'Train…',
  compare: 'Compare methods',
};

const NO_TRAINING = { train: undefined, form: undefined, compare: undefined };

const NO_TITLES = {
  setUp: undefined,
  summary: undefined,
  score: undefined,
  prune: undefined,
  ...NO_TRAINING,
};

/** `ProsPr · 98 % · 5,324 of 266,200 kept`; out of date: `…, stale · now Magnitude: 3,556 of 177,800` */
export function summaryTitle(state: ModelState): string | undefined {
  const [score, results] = [shownScore(state), resultsOf(state)];
  if (!score || !results) return undefined;
  const { kept, prunable, sparsity } = results.selection;
  const stale = isStale(state) ? ', stale' : '';
  const own = `${score.title} · ${exactPercent(sparsity)} · ${count(kept)} of ${count(prunable)} kept${stale}`;
  const shown = shownAtLines(state);
  if (shown?.insteadOf === undefined) return own;
  const { selection } = shown;
  return `${own} · now ${methodTitle(shown.method)}: ${count(selection.kept)} of ${count(selection.prunable)}`;
}

function firstLine({ start }: EditorRange): EditorRange {
  return { start, end: start };
}

/** What is said of the stability of the score that is shown, once it is measured and while it is of the model as it is. */
function summaryTooltip(state: ModelState): string | undefined {
  const stability = isStale(state) ? undefined : shownScore(state)?.stability;
  return stability && stabilityText(stability);
}

/**
 * The lenses of the models of one document, with their commands. They are not left to be resolved one by one: where lenses are
 * asked for again meanwhile, VS Code may keep commands of lenses it has let go, and a click on those does nothing.
 *
 * @param isSetUp Whether the settings say how a definition that needs arguments is made.
 * @param mayTrain Whether the workspace is trusted; no training is offered otherwise.
 */
export function codeLenses(
  entries: readonly ModelEntry[],
  stateOf: (model: ModelName) => ModelState | undefined,
  client: 'extension' | 'other',
  isSetUp: (model: ModelName) => boolean = () => false,
  mayTrain = true,
): CodeLens[] {
  const usual = mayTrain ? TITLES : { ...TITLES, ...NO_TRAINING };
  return entries.flatMap(({ model, range, kind: definition }) => {
    const state = stateOf(model);
    const summary = state && summaryTitle(state);
    const tooltip = state && summaryTooltip(state);
    const isOpen = definition === 'needs-arguments' && !isSetUp(model);
    const isUntold = definition === 'possible' && !state;
    // Only the extension can ask how it is made; others read what `Score` says of it.
    const titles: Readonly<Record<LensKind, string | undefined>> =
      isOpen && client === 'extension'
        ? { ...NO_TITLES, setUp: 'Set up…' }
        : isUntold
          ? { ...NO_TITLES, score: 'Treat as a model' }
          : { setUp: undefined, summary, ...usual };
    return KINDS.flatMap((kind): CodeLens[] => {
      const title = titles[kind];
      const name = COMMANDS[client][kind];
      if (title === undefined || name === undefined) return [];
      const told = kind === 'summary' && tooltip !== undefined ? { tooltip } : {};
      const command = { title, ...told, command: name, arguments: [{ model }] };
      return [{ range: firstLine(range), command }];
    });
  });
}
