/**
 * What is known of a model, as one immutable state: what building it gave, the scores it has, and what it is pruned to. Each
 * of these is in one phase at a time. Only events change a state (events.ts); what is shown of it is read by selectors.ts.
 */
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

/** A description of a model, and the revision of the documents that its lines are of. */
export interface Built {
  readonly summary: ModelSummary;
  readonly revision: number;
}

/** What building the model gave. A model that stops building keeps its last good description. */
export type Description =
  | { readonly phase: 'none' }
  | { readonly phase: 'described'; readonly built: Built }
  | {
      readonly phase: 'failed';
      readonly failure: ErrorData;
      /** Of the documents, when it was built: places of the failure are of that revision. */
      readonly revision: number;
      readonly last?: Built;
    };

/** A score that the compute process holds. */
export interface HeldScore {
  readonly score: ScoreSummary;
  /** What the settings said of it when it was made (see origins.ts). */
  readonly origin: string;
  /** The settings say something else of it now. */
  readonly outdated: boolean;
}

/** The scores that the user asked for, with what is selected by the one that is shown. */
export interface Results {
  /** At least one, one a method, all of the same architecture and layers. */
  readonly held: readonly HeldScore[];
  readonly architecture: ModelSummary;
  /** `Prunable.layers` when they were made. */
  readonly layers: string;
  /** Method whose score is shown. */
  readonly shown: string;
  readonly selection: Selection;
}

/** A cheap score of the model as it has become by edits; the scores that the user asked for stay beside it. */
export interface Estimate {
  readonly summary: ModelSummary;
  readonly held: HeldScore;
  readonly selection: Selection;
  /** The model has been edited since. */
  readonly stale: boolean;
}

/**
 * The scores: `fresh` are of the architecture as it is, `stale` ones of one that may have changed since, and `lost` ones went
 * with their process: they are still shown, and must be made again before they can answer.
 */
export type Scores =
  | { readonly phase: 'none' }
  | { readonly phase: 'fresh'; readonly results: Results }
  | { readonly phase: 'stale'; readonly results: Results; readonly estimate?: Estimate }
  | {
      readonly phase: 'lost';
      readonly results: Results;
      /** Whether they are stale besides. */
      readonly edited: boolean;
      readonly estimate?: Estimate;
    };

export interface ModelState {
  readonly model: ModelName;
  /** File of the model. */
  readonly file: string;
  readonly description: Description;
  readonly scores: Scores;
  /** The sparsity that the model is pruned to. */
  readonly sparsity: number;
  /** What the settings file said of pruning when it was looked at last. */
  readonly prunable: Prunable;
  /** Data that the user chose for it without writing it down. */
  readonly data?: string;
}

/** The file of a model's name. */
export function fileOfModel(model: ModelName): string {
  return splitModelSpecifier(model).file;
}

/** A model that nothing is known of yet. */
export function initialState(model: ModelName, sparsity: number): ModelState {
  return {
    model,
    file: fileOfModel(model),
    description: { phase: 'none' },
    scores: { phase: 'none' },
    sparsity,
    prunable: { minPerLayer: 0, layers: '' },
  };
}
