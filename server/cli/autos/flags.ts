/** What the commands of `prunelens autos` take. */

import type { CompareFlags } from '../../comparison/flags';
import type { PredictorFlags } from '../../learning/predictor';
import type { RewindFlags } from '../../learning/rewinding';
import type { ModelOptions, ObjectiveFlags, TrainingFlags } from '../../request/flags';

export interface DatasetFlags extends Omit<RewindFlags, 'learningRateSchedule'> {
  readonly lrSchedule?: RewindFlags['learningRateSchedule'];
  readonly out: string;
  readonly resume?: boolean;
}

export interface EvaluateFlags extends CompareFlags {
  readonly truth?: readonly string[];
  readonly allowSeen?: boolean;
}

/** Options of the predictor that the trainings have too. */
type Shared = 'loss' | 'epochs' | 'lr' | 'batchSize';

export interface LearnFlags extends ModelOptions, TrainingFlags, Omit<PredictorFlags, Shared> {
  readonly predictorLoss?: PredictorFlags['loss'];
  readonly predictorEpochs?: number;
  readonly predictorLr?: number;
  readonly predictorBatchSize?: number;
  readonly out: string;
  readonly dataset?: string;
  readonly iterations: number;
  readonly finalSparsity: number;
  readonly pruningBatches?: number;
  readonly seeds: number;
}

export interface SurvivalReportFlags extends ModelOptions, ObjectiveFlags {
  readonly predictor?: readonly string[];
  readonly model?: readonly string[];
  readonly out: string;
}

export interface TicketFlags {
  readonly sparsity: number;
  readonly out: string;
  readonly weightsOut?: string;
  readonly json?: boolean;
}

export interface PredictorTrainingFlags
  extends PredictorFlags,
    Pick<ModelOptions, 'backend' | 'device' | 'precision' | 'python' | 'json'> {
  readonly out: string;
}
