/** What is asked for of one model, with every default filled in: plain data, so that it can be sent to another process. */

import type { Computing } from '../executors/types';
import type { LoadOptions } from '../frontends';
import type { ObjectiveChoice } from '../objectives';
import type { ModelSetup } from '../protocol/modelSetup';
import type { ScoringOptions, StabilityChoice } from '../pruning';
import type { Adaptation } from '../pruning/structured';
import type { FoundInterpreter, InterpreterChoice } from '../python/find';
import type { TrainingConfig } from '../training/config';
import type {
  BatchesOption,
  CriterionOptions,
  DynamicFlags,
  ModelOptions,
  ObjectiveFlags,
  SelectionName,
  StabilityFlags,
  StructuredOptions,
  TrainingFlags,
} from './flags';

/** How methods that prune after training go about it. */
export interface ConvergenceOptions {
  /** Fraction of the weights left that goes in each round of training and pruning; absent: all at once. */
  readonly pruningRate?: number;
  /** Epochs of training after a pruning, instead of as many as before it (`magnitude-after-training`). */
  readonly fineTuneEpochs?: number;
  /** Finished epochs of training to which weights are rewound; 0, the default, is initialization (`lottery-ticket`). */
  readonly rewindEpoch?: number;
}

/** How structured methods go about it. */
export interface ShrinkOptions extends Pick<StructuredOptions, 'sparsityOf'> {
  /** What becomes of the weights that stay; absent: nothing. */
  readonly adapt?: Adaptation;
}

/** Flags that a request is resolved from. */
export interface RequestFlags
  extends ModelOptions,
    CriterionOptions,
    ObjectiveFlags,
    BatchesOption,
    StabilityFlags,
    ShrinkOptions,
    Pick<TrainingFlags, 'deterministic' | 'devices'> {
  readonly limit?: number;
  /** What the editor names as the user's Python; no flag of the command. */
  readonly editorPython?: FoundInterpreter;
}

/** Flags that a request for training is resolved from. */
export interface TrainingRequestFlags extends RequestFlags, TrainingFlags, ConvergenceOptions, DynamicFlags {}

export interface DataChoice {
  /** As it was asked for. */
  readonly given: string;
  /** What is opened and recorded: noise has the model's shape and classes. */
  readonly name: string;
  /** Where a relative path starts; absent: the working folder. */
  readonly baseFolder?: string;
  /** Processes that read it, where it is Python's; absent: one. */
  readonly workers?: number;
}

export interface ScoringChoice {
  /** Options that are absent are the criterion's own. */
  readonly options: Omit<ScoringOptions, 'sparsity'>;
  /** Examples in a batch to score on. */
  readonly batchSize: number;
  /** A preset of the method, and the options that were given beside it, by their keys: those win. */
  readonly preset?: { readonly name: string; readonly given: readonly string[] };
  /** How stability is measured; absent: it is not asked for. */
  readonly stability?: StabilityChoice;
  /** File of AutoS's predictor; absent: the one that ships with PruneLens. */
  readonly predictor?: string;
  /** Run the predictor's network instead of its table. */
  readonly exactPredictor: boolean;
}

export interface SelectionChoice {
  readonly scope: SelectionName;
  /** Weights that every layer keeps at least. */
  readonly minPerLayer: number;
}

export interface ChannelChoice {
  readonly scope: SelectionName;
  /** Channels that every layer keeps at least. */
  readonly minPerLayer: number;
  /** What a sparsity is a fraction of. */
  readonly of: NonNullable<StructuredOptions['sparsityOf']>;
  /** What becomes of the weights that stay. */
  readonly adapt: Adaptation;
}

/** What flags and settings say of loading a model. */
export interface LoadingChoice extends Pick<LoadOptions, 'interpreter' | 'output'> {
  readonly setup: ModelSetup;
}

/** A model, its data, and how it is scored and pruned. What is optional here has no default: absent, there is none. */
export interface ModelRequest {
  /** `file.ts#exportName`, `file.ts` or `model.json`. */
  readonly specifier: string;
  /** The settings file, for messages. */
  readonly settingsFile?: string;
  /** How the model is loaded, where something is said of that. */
  readonly loading?: LoadingChoice;
  /** Name or number of the model's output that was asked for. */
  readonly output?: string;
  readonly backend: string;
  /** What names the user's Python; absent: it is looked for. */
  readonly interpreter?: InterpreterChoice;
  /** How the backend is to compute, where something is chosen. */
  readonly computing?: Computing;
  readonly seed: number;
  /** File of initial weights; those it does not name are drawn from the seed. */
  readonly weightsFile?: string;
  /** Names of the weights that may be pruned. */
  readonly prunable: readonly string[];
  readonly data?: DataChoice;
  /** So many training examples at most. */
  readonly limit?: number;
  /** File of exact batches to score on. */
  readonly batchesFile?: string;
  /** What criteria score by, and training minimizes, as far as somebody has said it. */
  readonly objective: ObjectiveChoice;
  /** Examples in a batch of training. */
  readonly batchSize: number;
  readonly scoring: ScoringChoice;
  readonly selection: SelectionChoice;
  readonly channels: ChannelChoice;
  /**
   * Options as they were given, where folders of comparisons record that and not what follows from it: unset and set to the
   * default differ there.
   */
  readonly recorded: { readonly pruningBatchSize?: number; readonly rewindEpoch?: number };
}

export interface ConvergenceChoice {
  readonly pruningRate?: number;
  /** Training after a pruning; absent: as before it. */
  readonly fineTuning?: TrainingConfig;
  readonly rewindEpoch: number;
}

/** What is said of methods that change masks while they train; what is absent is each method's own. */
export type DynamicChoice = DynamicFlags;

/** How a network is trained, too. */
export interface TrainingRequest extends ModelRequest {
  readonly training: TrainingConfig;
  readonly convergence: ConvergenceChoice;
  readonly dynamic: DynamicChoice;
}
