/** What a command, or an editor, asks for. Absent values come from the settings, then from the defaults. */
import type { BackendName } from '../executors/types';
import type { Control, InnerOptimizer } from '../pruning';
import type { OptimizerConfig, ScheduleConfig } from '../training/config';

/** Which model, with which weights, data and backend. */
export interface ModelOptions {
  readonly weights?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly backend?: BackendName | 'auto';
  readonly seed?: number;
  readonly data?: string;
  readonly batchSize?: number;
  readonly json?: boolean;
}

export type SelectionName = 'global' | 'per-layer';

/** How weights are scored and selected. */
export interface CriterionOptions {
  readonly steps?: number;
  readonly innerLr?: number;
  readonly innerMomentum?: number;
  readonly innerWeightDecay?: number;
  readonly variant?: 'exact' | 'first-order' | 'released';
  readonly sameBatch?: boolean;
  readonly iterations?: number;
  readonly temperature?: number;
  readonly pruningBatches?: number;
  /** Examples in a batch to score on; that of training where absent. */
  readonly pruningBatchSize?: number;
  readonly minPerLayer?: number;
  readonly selection?: SelectionName;
  readonly innerOptimizer?: InnerOptimizer;
  readonly innerEpsilon?: number;
  readonly clipAdjoint?: number;
  /** Random draws of criteria that average over them. */
  readonly draws?: number;
  readonly warmUpBatches?: number;
  readonly gradientNorms?: boolean;
  /** Sanity control: spoils one thing about the method's choice. */
  readonly control?: Control;
  /** AutoS: file of the predictor. */
  readonly predictor?: string;
  /** AutoS: run the predictor's network instead of its table. */
  readonly exactPredictor?: boolean;
}

/** Pruning of channels instead of weights. */
export interface StructuredOptions {
  readonly structured?: boolean;
  /** What a sparsity is a fraction of. */
  readonly sparsityOf?: 'channels' | 'parameters';
}

/** Exact batches instead of drawn ones. */
export interface BatchesOption {
  readonly batches?: string;
}

/** How a network is trained. */
export interface TrainingFlags {
  readonly epochs?: number;
  readonly optimizer?: OptimizerConfig['kind'];
  readonly lr?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly schedule?: ScheduleConfig['kind'];
  readonly milestones?: readonly number[];
  readonly warmup?: number;
  readonly loss?: string;
  readonly crop?: number;
  readonly flip?: boolean;
  readonly limit?: number;
}
