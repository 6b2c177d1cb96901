/** What the folder of a run holds, as types. */
import type { AskedOptions } from '../protocol/catalogue/values';
import type { MacCosts } from '../protocol/comparison';
import type { MetricsByKey } from '../protocol/metricKeys';
import type { GitState } from './git';

/**
 * What a whole epoch gave: of the training split over its batches, each measured before its step, of the test split after the
 * epoch. Losses are without penalties.
 */
export interface EpochMetrics extends MetricsByKey {
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the epoch's last step. */
  readonly learningRate: number;
}

/** An epoch with the time it took, evaluation included. */
export interface FinishedEpoch extends EpochMetrics {
  readonly seconds: number;
}

/** Where a run came from, for its config.json. Training itself does not use it. */
export interface RunOrigin {
  /** Export of the model file. */
  readonly exportName?: string;
  /** Data as it was asked for. */
  readonly data?: string;
  /** Criterion that made the masks, and the sparsity it was asked for. */
  readonly method?: string;
  readonly sparsity?: number;
  /** Files the masks and the initial weights were read from. */
  /** Name of the model's output, where it has several. */
  readonly output?: string;
  readonly masksFile?: string;
  readonly weightsFile?: string;
  /** Options that an editor asked for, by the names of their flags: a run that goes on has them again. */
  readonly options?: AskedOptions;
  /** Sanity control that spoils the masks or the initial weights. */
  readonly control?: string;
}

/** What must be the same for a stored run to be continued. `Training`: the settings of its training. */
export interface RunIdentity<Training extends StoredTraining = StoredTraining> {
  readonly network: string;
  readonly backend: string;
  /** What it computes in, where it leaves a choice. */
  readonly precision?: string;
  readonly data: { readonly name: string; readonly trainExamples: number; readonly testExamples: number };
  readonly training: Training;
}

/** What the folder's readers need of the training's settings. */
export interface StoredTraining {
  readonly epochs: number;
  readonly seed: number;
  readonly schedule: { readonly kind: string };
  readonly batchSize?: number;
  readonly optimizer?: { readonly kind: string; readonly learningRate: number };
  /** How it changes the masks; absent where they stay. */
  readonly dynamic?: object;
}

/** What masks of dropout are drawn from: a sequence a mask, or a counter, from which a device draws all elements at once. */
export type DropoutSource = 'sequence' | 'counter';

/** Contents of `config.json`. */
export interface RunConfig<Training extends StoredTraining = StoredTraining> extends RunIdentity<Training> {
  readonly format: 'prunelens-run-1';
  /** Model file. */
  readonly file: string;
  readonly origin: RunOrigin;
  readonly device: string;
  /** Those that shared its batches, where there were several. */
  readonly devices?: readonly string[];
  /** Machine of the latest start, and the threads that computed there; absent from runs of earlier versions. */
  readonly host?: string;
  readonly threads?: number;
  /** Whether it was trained with operations that give the same bits again, where the backend leaves a choice. */
  readonly deterministic?: boolean;
  /** A sequence in runs that do not say so: they are older than the counter. */
  readonly dropout?: DropoutSource;
  /** Multiplications of one example that involve a weight which the masks of the beginning keep; absent from runs of earlier versions, as what follows. */
  readonly macs?: number;
  /** Fraction of the masked tensors' weights that is masked or on no path from input to output; of masks that stay. */
  readonly effectiveSparsity?: number;
  /** The repository that the model's file is in, as it was at the first start. */
  readonly git?: GitState;
  /** Of PruneLens, and of what it ran on. */
  readonly versions: {
    readonly prunelens: string;
    readonly node: string;
    readonly platform: string;
    readonly [name: string]: string;
  };
  /** Time of the first start, ISO 8601. */
  readonly started: string;
}

/** Contents of `result.json`. */
export interface RunResult {
  readonly backend: string;
  readonly device: string;
  readonly seconds: number;
  readonly stoppedEarly: boolean;
  readonly epochs: readonly FinishedEpoch[];
  readonly final: FinishedEpoch | null;
  /** Multiplications of inference under the masks of the end, and of the training; absent from runs of earlier versions. */
  readonly cost?: MacCosts;
  /** The same as in the configuration, of the masks of the end where training has changed them. */
  readonly effectiveSparsity?: number;
}
