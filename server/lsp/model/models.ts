/** What is known of each model, as immutable states in one store. */
import { splitModelSpecifier } from '../../frontends';
import type { ModelName, ModelSummary, ScoreSummary, Selection } from '../../protocol/results';
import type { ErrorData } from '../../protocol/worker';

/** What a settings file says of pruning a model. */
export interface Prunable {
  /** Weights that every layer keeps at least. */
  readonly minPerLayer: number;
  /** Patterns of the layers that are pruned, as one comparable text. */
  readonly layers: string;
}

export interface Estimate {
  readonly summary: ModelSummary;
  readonly score: ScoreSummary;
  readonly selection: Selection;
  /** The model has been edited since. */
  readonly stale: boolean;
}

export interface ModelState {
  readonly model: ModelName;
  /** File of the model. */
  readonly file: string;
  /** The last description that succeeded, and the revision of the documents that its lines are of. */
  readonly summary?: ModelSummary;
  readonly revision: number;
  /** One a method, all of the architecture `scored`. */
  readonly scores: readonly ScoreSummary[];
  readonly scored?: ModelSummary;
  /** Method whose score is shown. */
  readonly shown?: string;
  readonly sparsity: number;
  readonly selection?: Selection;
  /** What the settings file said of pruning when it was looked at last. */
  readonly prunable: Prunable;
  /** The architecture may have changed since the shown score. */
  readonly stale: boolean;
  /** By score: what the settings said of it when it was made (see origins.ts). */
  readonly origins: ReadonlyMap<string, string>;
  /** Ids of scores for which the settings say something else now. */
  readonly outdated: ReadonlySet<string>;
  /** A cheap score of the model as it has become since; the scores that the user asked for stay beside it. */
  readonly estimate?: Estimate;
  /** Why the model, as it is being edited, does not build. Places are of revision `failureRevision`. */
  readonly failure?: ErrorData;
  readonly failureRevision: number;
  /** Data that the user chose for it without writing it down. */
  readonly data?: string;
  /** The process that held the scores is gone: they must be made again before they can answer. */
  readonly lost: boolean;
}

export interface ModelStore {
  get(model: ModelName): ModelState | undefined;
  all(): readonly ModelState[];
  /** Replaces parts of a model's state and tells the listener. */
  update(model: ModelName, change: Partial<ModelState>): ModelState;
}

/** The file of a model's name. */
export function fileOfModel(model: ModelName): string {
  return splitModelSpecifier(model).file;
}

/** A store that tells `onChanged` of every new state. */
export function createModelStore(initialSparsity: () => number, onChanged: (state: ModelState) => void): ModelStore {
  const states = new Map<ModelName, ModelState>();
  return {
    get: (model) => states.get(model),
    all: () => [...states.values()],
    update(model, change) {
      const before: ModelState = states.get(model) ?? {
        model,
        file: fileOfModel(model),
        revision: 0,
        scores: [],
        sparsity: initialSparsity(),
        prunable: { minPerLayer: 0, layers: '' },
        stale: false,
        origins: new Map(),
        outdated: new Set(),
        failureRevision: 0,
        lost: false,
      };
      const state = { ...before, ...change };
      states.set(model, state);
      onChanged(state);
      return state;
    },
  };
}

/** The score that is shown. */
export function shownScore({ scores, shown }: ModelState): ScoreSummary | undefined {
  return scores.find(({ method }) => method === shown);
}

/** Whether scoring now, by the method that is shown, may give something else. */
export function isStale(state: ModelState): boolean {
  const score = shownScore(state);
  return state.stale || (score !== undefined && state.outdated.has(score.scoreId));
}

/** Scores with what stays of them, as they are drawn at the lines of layers. */
export interface Shown {
  readonly method: string;
  readonly selection: Selection;
  readonly stale: boolean;
  /** Set where it stands for the score of another method, which the user asked for and which is out of date. */
  readonly insteadOf?: string;
}

/** What the lines of layers tell: the score that the user asked for, or the estimate where that is out of date. */
export function shownAtLines(state: ModelState): Shown | undefined {
  const { shown, selection, stale, estimate, outdated } = state;
  if (selection === undefined || shown === undefined) return undefined;
  if (!stale || !estimate) return { method: shown, selection, stale: isStale(state) };
  const { score, selection: estimated, stale: edited } = estimate;
  const isOutdated = edited || outdated.has(score.scoreId);
  return { method: score.method, selection: estimated, stale: isOutdated, insteadOf: shown };
}

/** The score of what the lines of layers tell. */
export function scoreAtLines(state: ModelState): ScoreSummary | undefined {
  const id = shownAtLines(state)?.selection.scoreId;
  return [...state.scores, ...(state.estimate ? [state.estimate.score] : [])].find(({ scoreId }) => scoreId === id);
}

/** Whether a score says what stays at a sparsity. */
export function holdsAt({ aim }: ScoreSummary, sparsity: number): boolean {
  return aim === undefined || aim === sparsity;
}

/** The files a model is made in, as far as its layers tell. */
export function filesOf({ file, summary, failure }: ModelState): ReadonlySet<string> {
  const frames = summary?.layers.flatMap(({ source }) => source.map((frame) => frame.file)) ?? [];
  return new Set([file, ...frames, ...(failure?.location ? [failure.location.file] : [])]);
}

/** Whether two descriptions are of the same architecture, whatever lines it is written in. */
export function sameArchitecture(a: ModelSummary, b: ModelSummary): boolean {
  if (a.fingerprint !== undefined && b.fingerprint !== undefined) return a.fingerprint === b.fingerprint;
  const essence = ({ inputShape, classes, layers }: ModelSummary) =>
    JSON.stringify([inputShape, classes, layers.map(({ source: _, ...layer }) => layer)]);
  return essence(a) === essence(b);
}
