/** From what a command or an editor asks for to a predictor that is trained and written. */
import { readSurvivalDataset } from '../autos/dataset/index';
import { ARCHITECTURES } from '../autos/predictor/architecture';
import type { Normalization } from '../autos/predictor/features';
import { writePredictor } from '../autos/predictor/file';
import type { PredictorLoss } from '../autos/predictor/objectives';
import { splitByModel } from '../autos/predictor/samples';
import { defaultPredictorSettings, type PredictorEvent, trainPredictor } from '../autos/predictor/train';
import type { Predictor, PredictorHeads, PredictorSettings } from '../autos/predictor/types';
import type { Executor } from '../executors/types';
import { defined } from '../request/options';

/** What a predictor sees, and how it learns. */
export interface PredictorFlags {
  readonly features?: 'both' | 'weight' | 'gradient';
  /** Of gradients. */
  readonly normalize?: Normalization;
  readonly normalizeWeights?: Normalization;
  readonly layerStatistics?: boolean;
  readonly symmetric?: boolean;
  readonly network?: keyof typeof ARCHITECTURES;
  readonly loss?: PredictorLoss;
  readonly heads?: PredictorHeads;
  readonly calibrate?: boolean;
  readonly unitExponent?: number;
  readonly epochs?: number;
  readonly lr?: number;
  readonly batchSize?: number;
  readonly samplesPerRun?: number;
  readonly seed?: number;
  /** Label of the model whose runs are held out; `none` for no model. */
  readonly holdOut?: string;
}

/** Settings of a predictor: the flags, then the defaults. */
export function predictorSettings(flags: PredictorFlags): PredictorSettings {
  const { features, ...rest } = defaultPredictorSettings;
  return {
    ...rest,
    ...defined({
      architecture: flags.network && ARCHITECTURES[flags.network],
      loss: flags.loss,
      heads: flags.heads,
      calibrate: flags.calibrate,
      unitExponent: flags.unitExponent,
      epochs: flags.epochs,
      learningRate: flags.lr,
      batchSize: flags.batchSize,
      samplesPerRun: flags.samplesPerRun,
      seed: flags.seed,
    }),
    features: {
      ...features,
      ...defined({
        inputs: flags.features,
        gradients: flags.normalize,
        weights: flags.normalizeWeights,
        layerStatistics: flags.layerStatistics,
        symmetric: flags.symmetric,
      }),
    },
  };
}

export interface PredictorRequest {
  /** Folder of the data set. */
  readonly dataset: string;
  readonly flags: PredictorFlags;
  /** File of the predictor. */
  readonly out: string;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  onProgress?(event: PredictorEvent): void;
}

/**
 * Trains a predictor on a data set and writes it. An abort after the first measurement writes what was there then: the card says
 * that epochs are missing.
 *
 * @throws UserError where the data set cannot be read or the settings do not fit it.
 */
export async function learnPredictor(request: PredictorRequest): Promise<Predictor> {
  const { dataset, flags, out, executor, signal, onProgress } = request;
  const runs = await readSurvivalDataset(dataset);
  const split = flags.holdOut === 'none' ? { training: runs, heldOut: [] } : splitByModel(runs, flags.holdOut);
  const settings = predictorSettings(flags);
  const predictor = await trainPredictor({ split, settings, executor, signal, ...(onProgress && { onProgress }) });
  await writePredictor(out, predictor);
  return predictor;
}
