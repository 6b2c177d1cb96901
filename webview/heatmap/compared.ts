/** What the masks of the shown score are held against: another method's, its own at another sparsity or by another seed, or those of a run. */
import type { HeatmapState } from '../../server/protocol/editor';
import { splitModelName } from '../../server/protocol/modelNames';
import type { OtherMasks, RunSummary } from '../../server/protocol/results';
import type { MethodChoice } from '../../server/protocol/webview';
import { exactPercent } from '../shared/format';
import { LOWEST_SPARSITY, SPARSITY_MARKS } from '../shared/sparsity';
import type { Choice } from '../shared/toolkit';
import { shownScore } from './shownScore';

/** A second mask, with its name. */
export interface Compared extends OtherMasks {
  readonly title: string;
}

/** A score by the shown method and another seed. */
export interface OtherSeed {
  /** Id of the score that was shown. */
  readonly basis: string;
  readonly seed: number;
  readonly scoreId: string;
}

/** As far as the state of the page decides it. */
interface Choosing {
  readonly answer?: HeatmapState;
  readonly model?: string;
  readonly methods: readonly MethodChoice[];
  readonly runs: readonly RunSummary[];
  /** The choice: a method, or what `RUN`, `SPARSITY` or `SEED` begin; empty for none. */
  readonly compare: string;
  readonly otherSeed?: OtherSeed;
  /** Of a run whose masks change: those after so many epochs, or those that it has come to. */
  readonly compareEpoch?: number;
}

/** How a choice says that it is no method. */
const RUN = 'run:';
const SPARSITY = 'sparsity:';
const SEED = 'seed:';
/** Seeds that are offered, but for the score's own. */
const OFFERED_SEEDS = [0, 1, 2, 3];

/** Whether two names mean one model: the default export need not be named. */
function isSameModel(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [first, second] = [a, b].map(splitModelName);
  return first.file === second.file && (first.exportName ?? 'default') === (second.exportName ?? 'default');
}

/** Runs of the model that train with masks. */
export function maskedRuns({ runs, model }: Pick<Choosing, 'runs' | 'model'>): readonly RunSummary[] {
  return runs.filter((run) => run.masked && isSameModel(run.model, model));
}

/** The seed that is chosen, where it is another one than that of the shown score. */
function chosenSeed(page: Omit<Choosing, 'methods'>): number | undefined {
  const shown = shownScore(page);
  if (!shown || !page.compare.startsWith(SEED)) return undefined;
  const seed = Number(page.compare.slice(SEED.length));
  return seed === shown.seed ? undefined : seed;
}

/** The score that is to be made to be compared with: of which model, by which seed, beside which score. None of an older architecture. */
export function seedQuestion(page: Omit<Choosing, 'methods'> & { readonly isMoving: boolean }) {
  const seed = chosenSeed(page);
  const { model, answer, isMoving } = page;
  if (seed === undefined || model === undefined || isMoving || answer?.stale) return undefined;
  return { model, seed, basis: shownScore(page)!.scoreId };
}

function comparedRun({ runs, compare }: Pick<Choosing, 'runs' | 'compare'>): RunSummary | undefined {
  return runs.find(({ run }) => RUN + run === compare);
}

/** Epochs that can be chosen of the run that is compared with; undefined where its masks stay. The first one is 0, before training. */
export function comparedEpochs(
  page: Omit<Choosing, 'methods'>,
): { readonly chosen: number; readonly last: number } | undefined {
  const run = shownScore(page) && comparedRun(page);
  if (!run?.masksChange || run.finishedEpochs === 0) return undefined;
  return { chosen: Math.min(page.compareEpoch ?? run.finishedEpochs, run.finishedEpochs), last: run.finishedEpochs };
}

/** What is compared with; undefined where that is nothing, or is not there any more. */
export function comparedWith(page: Omit<Choosing, 'methods'>): Compared | undefined {
  const { answer, compare, compareEpoch, otherSeed } = page;
  const shown = shownScore(page);
  if (!shown) return undefined;
  if (compare.startsWith(SEED)) {
    const isThere = otherSeed?.basis === shown.scoreId && otherSeed.seed === chosenSeed(page);
    return isThere ? { title: `seed ${otherSeed.seed}`, otherScoreId: otherSeed.scoreId } : undefined;
  }
  if (compare.startsWith(RUN)) {
    const run = comparedRun(page);
    if (!run?.masksChange || compareEpoch === undefined) return run && { title: run.label, otherRun: run.run };
    const when = compareEpoch === 0 ? 'before training' : `after epoch ${compareEpoch}`;
    return { title: `${run.label} ${when}`, otherRun: run.run, otherEpoch: compareEpoch };
  }
  if (compare.startsWith(SPARSITY)) {
    const otherSparsity = Number(compare.slice(SPARSITY.length));
    return { title: exactPercent(otherSparsity), otherSparsity };
  }
  const score = answer!.scores.find(({ method }) => method === compare && method !== answer!.shown);
  return score && { title: score.title, otherScoreId: score.scoreId };
}

/** Whether a choice is a method that has no score yet. */
export function isUnscored({ answer, methods }: Pick<Choosing, 'answer' | 'methods'>, compare: string): boolean {
  return methods.some(({ name }) => name === compare) && !answer?.scores.some(({ method }) => method === compare);
}

/** All that can be compared with: scored methods, those that would be scored first, other sparsities, other seeds, and runs. */
export function compareChoices(page: Choosing): readonly Choice[] {
  const shown = shownScore(page);
  const scores = page.answer?.scores ?? [];
  const scored = scores.filter(({ method }) => method !== shown?.method);
  const others = page.methods.filter(({ name }) => !scores.some(({ method }) => method === name));
  const sparsities = shown && shown.aim === undefined ? SPARSITY_MARKS.filter((mark) => mark > LOWEST_SPARSITY) : [];
  return [
    { value: '', label: 'None' },
    ...scored.map(({ method, title }) => ({ value: method, label: title })),
    ...others.map(({ name, title }) => ({ value: name, label: `${title} (score now)` })),
    ...sparsities.map((mark) => ({ value: `${SPARSITY}${mark}`, label: `${shown!.title} at ${exactPercent(mark)}` })),
    ...(shown ? OFFERED_SEEDS.filter((seed) => seed !== shown.seed) : []).map((seed) => ({
      value: `${SEED}${seed}`,
      label: `${shown!.title} with seed ${seed}`,
    })),
    ...maskedRuns(page).map(({ run, label }) => ({ value: RUN + run, label: `Run ${label}` })),
  ];
}

/** The choice in the list: also a method or a seed that is being scored to be compared with. */
export function comparedChoice(page: Choosing): string {
  const isComing = isUnscored(page, page.compare) || chosenSeed(page) !== undefined;
  return comparedWith(page) || isComing ? page.compare : '';
}
