/** What is known of each model, as immutable states in one store. */
import type { ModelName, ModelSummary, ScoreSummary, Selection } from '../protocol/results';
import type { ErrorData } from '../protocol/worker';

export interface ModelState {
  readonly model: ModelName;
  /** File of the model. */
  readonly file: string;
  /** The last description that succeeded, and the revision of the documents that its lines are of. */
  readonly summary?: ModelSummary;
  readonly revision: number;
  /** One a method. */
  readonly scores: readonly ScoreSummary[];
  /** Method whose score is shown. */
  readonly shown?: string;
  readonly sparsity: number;
  readonly selection?: Selection;
  /** Weights that every layer keeps at least; what prunelens.json says where absent. */
  readonly minPerLayer?: number;
  /** Layers that are left out of pruning, besides those of prunelens.json. */
  readonly exclude: readonly string[];
  /** The architecture may have changed since the shown score. */
  readonly stale: boolean;
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
  return model.replace(/#[^#/\\]*$/, '');
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
        exclude: [],
        stale: false,
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
