/** What training takes, tells while it runs, and gives. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { Objective } from '../objectives';
import type { MetricValues } from '../protocol/catalogue/metrics';
import type { MaskChange } from '../protocol/comparison';
import type { Dataset } from '../protocol/data';
import type { StepValues } from '../protocol/results';
import type { Masks, Weights } from '../pruning/types';
import type { FinishedEpoch, RunOrigin } from '../runs/types';
import type { UpdateLine } from '../runs/updates';
import type { TrainingConfig } from './config';

export type TrainingEvent =
  /** Everything is compiled; training begins with epoch `epoch` (above 1 when a run is resumed). */
  | { readonly kind: 'start'; readonly epoch: number; readonly epochs: number; readonly steps: number }
  /** Some steps were done, several at a time. Loss and metrics are means over the epoch so far. */
  | {
      readonly kind: 'step';
      readonly epoch: number;
      /** Counted from 1. */
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly metrics: MetricValues;
      /** Single steps since the last report: those that the run folder keeps. */
      readonly stepLosses: readonly StepValues[];
      readonly imagesPerSecond: number;
      /** Until the last epoch's evaluation is done. */
      readonly secondsLeft: number;
    }
  /** `maskChanges`: those of the epoch, where training changes masks. */
  | ({ readonly kind: 'epoch'; readonly maskChanges?: readonly MaskChange[] } & FinishedEpoch);

export interface TrainingTask {
  readonly network: Network;
  /** Initial value of every parameter. Not used where a checkpoint is resumed. */
  readonly weights: Weights;
  /** Weights that are 0 here stay exactly 0. A resumed run has its own; given ones must equal them. */
  readonly masks?: Masks;
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly config: TrainingConfig;
  /** Among which the loss of the settings is looked up; all there are by default. */
  readonly objectives?: readonly Objective[];
  /** Folder that keeps the run: settings, metrics, masks, a checkpoint each epoch (see `run.ts`). */
  readonly runDir?: string;
  /** Continue the run in `runDir` after its last finished epoch. */
  readonly resume?: boolean;
  readonly origin?: RunOrigin;
  /** Train without the channels that the masks leave unread, which changes nothing but the time (see `compact.ts`). True by default; masks that change leave nothing out. */
  readonly compact?: boolean;
  /** Fraction of the masked tensors' weights that is masked or on no path, for the run folder; absent where somebody else keeps it, and of masks that change. */
  readonly effectiveSparsity?: number;
  /** Store the initial weights in the run folder: wanted where they do not follow from the seed. */
  readonly storeInitialWeights?: boolean;
  /** Ends the training between two batches; finished epochs are kept. */
  readonly signal?: AbortSignal;
  /** Asked before an epoch or the result is kept. @throws where this process must not write to the folder any more. */
  permit?(): Promise<void>;
  onProgress?(event: TrainingEvent): void;
}

/** What masked training could leave out. */
export interface CompactionSummary {
  /** Channels that could be removed, and how many of them are trained. */
  readonly channels: number;
  readonly kept: number;
  /** Multiplications of one example in the whole network, and in the one that is trained. */
  readonly denseMacs: number;
  readonly macs: number;
}

export interface TrainingResult {
  readonly backend: string;
  /** The device in words. */
  readonly device: string;
  /** Time in all, for a resumed run with its earlier epochs. */
  readonly seconds: number;
  readonly epochs: readonly FinishedEpoch[];
  /** The last of the epochs; absent where none was finished. */
  readonly final?: FinishedEpoch;
  /** Parameters after the last finished epoch. */
  readonly weights: Weights;
  /** Those of the end, where they change. */
  readonly masks: Masks;
  /** How they changed, where training changes them. */
  readonly updates?: readonly UpdateLine[];
  /** Absent where all of the network was trained. */
  readonly compaction?: CompactionSummary;
  /** Ended by the signal. */
  readonly interrupted: boolean;
  /** Ended by `earlyStop`. */
  readonly stoppedEarly: boolean;
  readonly runDir?: string;
}
