/** What can happen to a model, and the one function that says what its state is then. */
import type { ScoreSummary, Selection } from '../../protocol/results';
import type { ShownStability } from '../../protocol/stability';
import type { ErrorData } from '../../protocol/worker';
import { builtOf, resultsOf, sameArchitecture } from './selectors';
import type { Built, Description, Estimate, HeldScore, ModelState, Prunable, Results, Scores } from './state';

/** A description that succeeded; `edited`: a file of the model has been edited since it was begun. */
export interface Described extends Built {
  readonly edited: boolean;
}

/** A finished scoring of a description, with what the model's sparsity leaves by it. */
export interface Scored extends Described {
  readonly score: ScoreSummary;
  /** What the settings said of it when it was begun (see origins.ts). */
  readonly origin: string;
  readonly selection: Selection;
}

export type ModelEvent =
  /** Somebody asks for the model. */
  | { readonly kind: 'opened' }
  /** It was built: what is known of its layers is at these lines now. */
  | ({ readonly kind: 'described' } & Described)
  /** It builds, and is being scored: what is known stays at its own lines until then. */
  | { readonly kind: 'mended' }
  /** It does not build. */
  | { readonly kind: 'failed'; readonly failure: ErrorData; readonly revision: number }
  /** One of its files was edited. */
  | { readonly kind: 'edited' }
  /** A score that the user asked for is there; `layers` as in `Prunable`. */
  | ({ readonly kind: 'scored'; readonly layers: string } & Scored)
  /** A cheap score is there, of what the model has become by edits. */
  | ({ readonly kind: 'estimated' } & Scored)
  /** The estimate does not say what stays any more, and could not be made anew. */
  | { readonly kind: 'estimateGivenUp'; readonly scoreId: string }
  /** How stable a score is was measured. */
  | { readonly kind: 'stabilityMeasured'; readonly scoreId: string; readonly stability: ShownStability }
  /** The model is to be pruned to another sparsity. */
  | { readonly kind: 'aimed'; readonly sparsity: number }
  /** What stays at that sparsity could not be found. */
  | { readonly kind: 'aimGivenUp'; readonly sparsity: number }
  /** What stays at a sparsity, by one of the scores there are. */
  | { readonly kind: 'selected'; readonly sparsity: number; readonly selection: Selection }
  /** `selection` is `of`, with which of its weights are on a path. */
  | { readonly kind: 'pathsFollowed'; readonly of: Selection; readonly selection: Selection }
  /** The settings file was read for what is pruned. */
  | { readonly kind: 'prunableRead'; readonly prunable: Prunable }
  /** The settings file was read for what scores follow from: by method, what a new score would be made of. */
  | { readonly kind: 'originsRead'; readonly origins: ReadonlyMap<string, string> }
  /** The user has chosen data without writing the choice down. */
  | { readonly kind: 'dataChosen'; readonly data: string }
  /** The settings say the data: what was chosen before counts no more. */
  | { readonly kind: 'dataForgotten' }
  /** The compute process does not know a score that it held. */
  | { readonly kind: 'scoreMissing'; readonly scoreId: string }
  /** The compute process is gone, with every score it held. */
  | { readonly kind: 'processLost' };

type Event<Kind extends ModelEvent['kind']> = Extract<ModelEvent, { readonly kind: Kind }>;

const hold = ({ score, origin }: Scored): HeldScore => ({ score, origin, outdated: false });

/** The scores with their results in another phase, without an estimate. */
function withEdited(scores: Scores, edited: boolean): Scores {
  if (scores.phase === 'none') return scores;
  const { results } = scores;
  if (scores.phase === 'lost') return { phase: 'lost', results, edited };
  return edited ? { phase: 'stale', results } : { phase: 'fresh', results };
}

/** Changes the estimate, where there is one; undefined takes it away. */
function mapEstimate(scores: Scores, change: (estimate: Estimate) => Estimate | undefined): Scores {
  if (scores.phase === 'none' || scores.phase === 'fresh' || !scores.estimate) return scores;
  const { estimate, ...rest } = scores;
  const next = change(estimate);
  if (next === estimate) return scores;
  return next ? { ...rest, estimate: next } : rest;
}

function mapResults(scores: Scores, change: (results: Results) => Results): Scores {
  if (scores.phase === 'none') return scores;
  const results = change(scores.results);
  return results === scores.results ? scores : { ...scores, results };
}

/** A description by scoring; a failure of a later revision goes on telling why the model does not build now. */
function rebuilt(description: Description, { summary, revision }: Built): Description {
  const built = { summary, revision };
  const isOutrun = description.phase === 'failed' && description.revision > revision;
  return isOutrun ? { ...description, last: built } : { phase: 'described', built };
}

function described(scores: Scores, { summary, edited }: Described): Scores {
  if (scores.phase === 'none') return scores;
  // Only the text has changed, or an edit was taken back: the results hold, at new lines.
  if (sameArchitecture(scores.results.architecture, summary)) return withEdited(scores, edited);
  const estimate = scores.phase === 'fresh' ? undefined : scores.estimate;
  if (!estimate || !sameArchitecture(estimate.summary, summary)) return withEdited(scores, true);
  return mapEstimate(scores, (one) => ({ ...one, stale: edited }));
}

function edited(scores: Scores): Scores {
  if (scores.phase === 'none') return scores;
  if (scores.phase === 'fresh' || (scores.phase === 'lost' && !scores.edited)) return withEdited(scores, true);
  return mapEstimate(scores, (estimate) => (estimate.stale ? estimate : { ...estimate, stale: true }));
}

function scored(scores: Scores, event: Event<'scored'>): Scores {
  const { summary, layers, score, selection } = event;
  const before = scores.phase === 'fresh' || scores.phase === 'stale' ? scores.results : undefined;
  // Scores of the same weights stay, to be compared with; others are of no use any more.
  const isSame = before?.layers === layers && sameArchitecture(before.architecture, summary);
  const others = isSame ? before.held.filter((one) => one.score.method !== score.method) : [];
  const held = [...others, hold(event)];
  const results = { held, architecture: summary, layers, shown: score.method, selection };
  return event.edited ? { phase: 'stale', results } : { phase: 'fresh', results };
}

/** What the user asked for is out of date, or an estimate has nothing to stand in for. */
function estimated(state: ModelState, event: Event<'estimated'>): ModelState {
  const { scores } = state;
  if (scores.phase === 'none' || scores.phase === 'fresh' || (scores.phase === 'lost' && !scores.edited)) return state;
  const { summary, selection } = event;
  const estimate = { summary, held: hold(event), selection, stale: event.edited };
  return { ...state, description: rebuilt(state.description, event), scores: { ...scores, estimate } };
}

/** Shows a selection, of the estimate or of a score that the user asked for; one of another score comes too late. */
function selected(scores: Scores, selection: Selection): Scores {
  const withEstimate = mapEstimate(scores, (estimate) =>
    estimate.held.score.scoreId === selection.scoreId ? { ...estimate, selection } : estimate,
  );
  return mapResults(withEstimate, (results) => {
    const method = results.held.find(({ score }) => score.scoreId === selection.scoreId)?.score.method;
    return method === undefined ? results : { ...results, shown: method, selection };
  });
}

function pathsFollowed(scores: Scores, { of, selection }: Event<'pathsFollowed'>): Scores {
  const replace = <T extends { readonly selection: Selection }>(one: T): T =>
    one.selection === of ? { ...one, selection } : one;
  return mapResults(mapEstimate(scores, replace), replace);
}

function stabilityMeasured(scores: Scores, { scoreId, stability }: Event<'stabilityMeasured'>): Scores {
  return mapResults(scores, (results) => {
    if (results.held.every(({ score }) => score.scoreId !== scoreId)) return results;
    const held = results.held.map((one) =>
      one.score.scoreId === scoreId ? { ...one, score: { ...one.score, stability } } : one,
    );
    return { ...results, held };
  });
}

function originsRead(scores: Scores, { origins }: Event<'originsRead'>): Scores {
  const look = (held: HeldScore): HeldScore => {
    const now = origins.get(held.score.method);
    // A score that was made meanwhile has found out for itself.
    const outdated = now !== undefined && now !== held.origin;
    return outdated === held.outdated ? held : { ...held, outdated };
  };
  const withEstimate = mapEstimate(scores, (estimate) => {
    const held = look(estimate.held);
    return held === estimate.held ? estimate : { ...estimate, held };
  });
  return mapResults(withEstimate, (results) => {
    const held = results.held.map(look);
    return held.every((one, index) => one === results.held[index]) ? results : { ...results, held };
  });
}

function withoutEstimate(scores: Scores, scoreId: string): Scores {
  return mapEstimate(scores, (estimate) => (estimate.held.score.scoreId === scoreId ? undefined : estimate));
}

function scoreMissing(scores: Scores, scoreId: string): Scores {
  const isShown = scores.phase !== 'none' && scores.results.held.some(({ score }) => score.scoreId === scoreId);
  if (!isShown || scores.phase === 'lost') return withoutEstimate(scores, scoreId);
  if (scores.phase === 'fresh') return { ...scores, phase: 'lost', edited: false };
  return { ...scores, phase: 'lost', edited: true };
}

function processLost(scores: Scores): Scores {
  if (scores.phase === 'none') return scores;
  const { results } = scores;
  if (scores.phase === 'lost') return scores.estimate ? { phase: 'lost', results, edited: scores.edited } : scores;
  return { phase: 'lost', results, edited: scores.phase === 'stale' };
}

function failed(description: Description, { failure, revision }: Event<'failed'>): Description {
  const last = builtOf({ description });
  return { phase: 'failed', failure, revision, ...(last && { last }) };
}

function mended(description: Description): Description {
  if (description.phase !== 'failed') return description;
  return description.last ? { phase: 'described', built: description.last } : { phase: 'none' };
}

/** The state with a part replaced; itself where the part is as before. */
function having<Part extends keyof ModelState>(state: ModelState, part: Part, value: ModelState[Part]): ModelState {
  return state[part] === value ? state : { ...state, [part]: value };
}

/** The state after an event: the same object where the event changes nothing. */
export function reduce(state: ModelState, event: ModelEvent): ModelState {
  const { description, scores, sparsity } = state;
  switch (event.kind) {
    case 'opened':
      return state;
    case 'described': {
      const { summary, revision } = event;
      const built = { summary, revision };
      return { ...state, description: { phase: 'described', built }, scores: described(scores, event) };
    }
    case 'mended':
      return having(state, 'description', mended(description));
    case 'failed':
      return { ...state, description: failed(description, event) };
    case 'edited':
      return having(state, 'scores', edited(scores));
    case 'scored':
      return { ...state, description: rebuilt(description, event), scores: scored(scores, event) };
    case 'estimated':
      return estimated(state, event);
    case 'estimateGivenUp':
      return having(state, 'scores', withoutEstimate(scores, event.scoreId));
    case 'stabilityMeasured':
      return having(state, 'scores', stabilityMeasured(scores, event));
    case 'aimed':
      return having(state, 'sparsity', event.sparsity);
    case 'aimGivenUp':
      // What is not shown must not stay the aim, unless another has been set meanwhile.
      return sparsity === event.sparsity
        ? having(state, 'sparsity', resultsOf(state)?.selection.sparsity ?? sparsity)
        : state;
    case 'selected':
      return sparsity === event.sparsity ? having(state, 'scores', selected(scores, event.selection)) : state;
    case 'pathsFollowed':
      return having(state, 'scores', pathsFollowed(scores, event));
    case 'prunableRead':
      return { ...state, prunable: event.prunable };
    case 'originsRead':
      return having(state, 'scores', originsRead(scores, event));
    case 'dataChosen':
      return having(state, 'data', event.data);
    case 'dataForgotten': {
      if (state.data === undefined) return state;
      const { data: _, ...rest } = state;
      return rest;
    }
    case 'scoreMissing':
      return having(state, 'scores', scoreMissing(scores, event.scoreId));
    case 'processLost':
      return having(state, 'scores', processLost(scores));
  }
}
