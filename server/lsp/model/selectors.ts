/** What follows from a model's state: pure functions. */
import type { ModelSummary, ScoreSummary, Selection } from '../../protocol/results';
import type { Built, Estimate, HeldScore, ModelState, Results } from './state';

/** The last description that succeeded. */
export function builtOf({ description }: Pick<ModelState, 'description'>): Built | undefined {
  if (description.phase === 'none') return undefined;
  return description.phase === 'described' ? description.built : description.last;
}

export function summaryOf(state: Pick<ModelState, 'description'>): ModelSummary | undefined {
  return builtOf(state)?.summary;
}

/** Why the model, as it is being edited, does not build; `revision` is that of the failure's places. */
export function failureOf({ description }: Pick<ModelState, 'description'>) {
  return description.phase === 'failed' ? description : undefined;
}

export function resultsOf({ scores }: Pick<ModelState, 'scores'>): Results | undefined {
  return scores.phase === 'none' ? undefined : scores.results;
}

export function estimateOf({ scores }: Pick<ModelState, 'scores'>): Estimate | undefined {
  return scores.phase === 'stale' || scores.phase === 'lost' ? scores.estimate : undefined;
}

/** Whether the scores went with their process. */
export function isLost({ scores }: Pick<ModelState, 'scores'>): boolean {
  return scores.phase === 'lost';
}

/** Whether the architecture may have changed since the scores were made. */
export function isEdited({ scores }: Pick<ModelState, 'scores'>): boolean {
  return scores.phase === 'stale' || (scores.phase === 'lost' && scores.edited);
}

/** The scores that the user asked for, one a method. */
export function scoresOf(state: Pick<ModelState, 'scores'>): readonly ScoreSummary[] {
  return resultsOf(state)?.held.map(({ score }) => score) ?? [];
}

/** All scores that the state refers to: those asked for, and the estimate's. */
export function heldScores(state: Pick<ModelState, 'scores'>): readonly HeldScore[] {
  const estimate = estimateOf(state);
  return [...(resultsOf(state)?.held ?? []), ...(estimate ? [estimate.held] : [])];
}

function shownHeld(state: Pick<ModelState, 'scores'>): HeldScore | undefined {
  const results = resultsOf(state);
  return results?.held.find(({ score }) => score.method === results.shown);
}

/** The score that is shown. */
export function shownScore(state: Pick<ModelState, 'scores'>): ScoreSummary | undefined {
  return shownHeld(state)?.score;
}

/** Whether scoring now, by the method that is shown, may give something else. */
export function isStale(state: Pick<ModelState, 'scores'>): boolean {
  return isEdited(state) || shownHeld(state)?.outdated === true;
}

/** Scores with what stays of them, as they are drawn at the lines of layers. */
export interface Shown {
  readonly method: string;
  readonly selection: Selection;
  readonly stale: boolean;
  /** Set where it stands for the score of another method, which the user asked for and which is out of date. */
  readonly insteadOf?: string;
  /** Examples in a batch that an estimate was made on, where they were limited. */
  readonly examples?: number;
}

/** What the lines of layers tell: the score that the user asked for, or the estimate where that is out of date. */
export function shownAtLines(state: Pick<ModelState, 'scores'>): Shown | undefined {
  const [results, estimate] = [resultsOf(state), estimateOf(state)];
  if (!results) return undefined;
  const { shown, selection } = results;
  if (!estimate) return { method: shown, selection, stale: isStale(state) };
  const { held, selection: estimated, stale: edited } = estimate;
  const { method, examples } = held.score;
  const stale = edited || held.outdated;
  return { method, selection: estimated, stale, insteadOf: shown, ...(examples !== undefined && { examples }) };
}

/** The score of what the lines of layers tell. */
export function scoreAtLines(state: Pick<ModelState, 'scores'>): ScoreSummary | undefined {
  const id = shownAtLines(state)?.selection.scoreId;
  return heldScores(state).find(({ score }) => score.scoreId === id)?.score;
}

/** Whether a score says what stays at a sparsity. */
export function holdsAt({ aim }: ScoreSummary, sparsity: number): boolean {
  return aim === undefined || aim === sparsity;
}

/** A model's score by a method that says what stays at a sparsity; undefined where a new scoring is needed. */
export function validScore(state: ModelState | undefined, method: string, sparsity: number): ScoreSummary | undefined {
  if (state?.scores.phase !== 'fresh') return undefined;
  const { held } = state.scores.results;
  return held.find(({ score, outdated }) => score.method === method && holdsAt(score, sparsity) && !outdated)?.score;
}

/** The files a model is made from, as far as the layers of `summary`, or else of its last description, tell. */
export function filesOf(state: ModelState, summary = summaryOf(state)): ReadonlySet<string> {
  const frames = summary?.layers.flatMap(({ source }) => source.map((frame) => frame.file)) ?? [];
  const failedIn = failureOf(state)?.failure.location?.file;
  return new Set([state.file, ...frames, ...(summary?.reads ?? []), ...(failedIn === undefined ? [] : [failedIn])]);
}

/** Whether a change of `file` can change a model. */
export function concerns(state: ModelState, file: string): boolean {
  return filesOf(state).has(file);
}

/** Whether two descriptions are of the same architecture, whatever lines it is written in. */
export function sameArchitecture(a: ModelSummary, b: ModelSummary): boolean {
  if (a.fingerprint !== undefined && b.fingerprint !== undefined) return a.fingerprint === b.fingerprint;
  const essence = ({ inputShape, classes, layers }: ModelSummary) =>
    JSON.stringify([inputShape, classes, layers.map(({ source: _, ...layer }) => layer)]);
  return essence(a) === essence(b);
}

/** Whether the scores, or the estimate, are of the architecture of `summary`: then there is nothing to score again. */
export function isScored(state: Pick<ModelState, 'scores'>, summary: ModelSummary): boolean {
  const known = [resultsOf(state)?.architecture, estimateOf(state)?.summary];
  return known.some((one) => one !== undefined && sameArchitecture(one, summary));
}

/**
 * Scores that `before` refers to and `after` does not, to be freed; none where they went with their process, before or by the
 * change.
 */
export function releasedScores(
  before: Pick<ModelState, 'scores'>,
  after: Pick<ModelState, 'scores'>,
): readonly ScoreSummary[] {
  if (isLost(before) || isLost(after)) return [];
  const kept = new Set(heldScores(after).map(({ score }) => score.scoreId));
  return heldScores(before).flatMap(({ score }) => (kept.has(score.scoreId) ? [] : [score]));
}
