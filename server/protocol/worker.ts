/**
 * Calls between the language server and the compute process (vscode-jsonrpc over the IPC channel of a forked process).
 * Long calls report progress under the job's id and can be cancelled; the worker looks for that between batches.
 */
import type { FormKind } from './catalogue/derive';
import type { MetricName } from './catalogue/metrics';
import type { AskedOptions } from './catalogue/values';
import type { MaskChange } from './comparison';
import type { FailureSubject, SourceLocation } from './errors';
import type { FormCheck, FormChoices, FormValues, TrainingCosts } from './form';
import type { TestMetrics } from './metricKeys';
import type {
  BackendSummary,
  ComparisonSummary,
  Histogram,
  LearnSummary,
  ModelName,
  ModelSummary,
  OtherMasks,
  Overlap,
  PythonSummary,
  RunSummary,
  ScoreSummary,
  SearchSummary,
  Selection,
  ShrinkSummary,
  StepValues,
  TensorflowSummary,
  Tile,
  TileRequest,
  WeightDetail,
} from './results';
import type { ShownStability } from './stability';

/** Text of a file that is not saved yet, to be used instead of what is on disk. */
export interface UnsavedFile {
  readonly file: string;
  readonly text: string;
}

/** What the editor names as the user's Python. */
export interface EditorPython {
  /** A path, or a command. */
  readonly path: string;
  /** Who names it, in words: `the Python extension`. */
  readonly origin: string;
}

export interface DescribeParams {
  readonly model: ModelName;
  readonly python?: EditorPython;
  readonly unsaved?: readonly UnsavedFile[];
}

/** Options that are absent come from `prunelens.json` and the defaults, as on the command line. */
export interface ScoreParams extends DescribeParams {
  readonly method: string;
  /** Aim of iterative criteria. */
  readonly sparsity: number;
  /** As `--data`; `noise` stands for Gaussian noise of the input's shape. */
  readonly data?: string;
  readonly backend?: string;
  readonly seed?: number;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly minPerLayer?: number;
  /** Of the description that was just made of the model: where the process has it, the model is not loaded again. */
  readonly fingerprint?: string;
  /** Whether the scores are kept on disk, for `restoreScore`. */
  readonly keep?: boolean;
  /** The most examples in a batch that is scored on, where that is to be quick; as the settings say where it is absent. */
  readonly examples?: number;
}

/** Which of some data sets fit a model. */
export interface CheckDataParams extends Omit<ScoreParams, 'method' | 'sparsity' | 'data'> {
  /** Each as `--data`. */
  readonly data: readonly string[];
}

/** Whether a data set fits a model. */
export interface DataCheck {
  readonly data: string;
  /** Why it does not, with what can be done about it. */
  readonly problem?: string;
  /** How it is read, where that is not plain: a sentence each. */
  readonly notes?: readonly string[];
}

export interface SelectParams {
  readonly scoreId: string;
  readonly sparsity: number;
  /** Whether to find the weights on a path, which takes a run of the network. */
  readonly paths: boolean;
  readonly minPerLayer?: number;
}

/** Masks: those of a score at a sparsity. */
export interface MasksOfScore {
  readonly scoreId: string;
  readonly sparsity: number;
  readonly minPerLayer?: number;
}

/** Masks in a file of the engine's, and what they are from. */
export interface MasksInFile {
  readonly file: string;
  readonly method: string;
  readonly sparsity: number;
}

/** A model with options of the command, by the names of their flags, which win over the other parameters. */
export interface AskedParams extends Omit<ScoreParams, 'method' | 'sparsity'> {
  readonly options?: AskedOptions;
}

/** A form as it is filled in. */
export interface FormParams extends Omit<ScoreParams, 'method' | 'sparsity'> {
  readonly kind: FormKind;
  readonly values: FormValues;
}

export interface TrainParams extends AskedParams {
  /** Masks to train with; absent for the dense network. */
  readonly masks?: MasksOfScore | MasksInFile;
  /** The masks are those of a method that is scored with these options. */
  readonly prune?: { readonly method: string; readonly sparsity: number };
  readonly epochs?: number;
  /** The run folder to make, or to continue. */
  readonly run: string;
  readonly resume?: boolean;
}

export interface CompareParams extends AskedParams {
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  readonly seeds: number;
  readonly epochs?: number;
  readonly folder: string;
  readonly resume?: boolean;
}

/** Learns a predictor of survival: prunes the model iteratively, then trains on what survived. */
export interface LearnParams extends AskedParams {
  /** Absolute path of the predictor, `….safetensors`; its data set and its pictures are put beside it. */
  readonly predictor: string;
  /** Trainings, each followed by a pruning. */
  readonly iterations?: number;
  /** Epochs of each training. */
  readonly epochs?: number;
  /** Train on so many examples at most. */
  readonly limit?: number;
  /** How often the predictor sees all weights. */
  readonly predictorEpochs?: number;
}

/** Looks for the highest sparsity that keeps a metric. */
export interface SearchParams extends AskedParams {
  readonly method: string;
  readonly folder: string;
  readonly resume?: boolean;
}

/** Makes a model smaller by removing whole channels. */
export interface ShrinkParams extends AskedParams {
  readonly method: string;
  readonly sparsity: number;
  /** Absolute; it is made where it is not there. */
  readonly folder: string;
}

/** Does the runs of a sweep's file that are not in its folder yet. */
export interface SweepParams {
  /** Absolute. */
  readonly file: string;
  readonly folder: string;
  readonly resume?: boolean;
  readonly python?: EditorPython;
}

/** What is wrong with the file of a sweep, from line 1 and column 1 on, and where nothing is, how many runs it asks for. */
export interface SweepCheck {
  readonly mistakes: readonly { readonly message: string; readonly line: number; readonly column: number }[];
  readonly runs?: number;
}

/** A key of a sweep's file, or a value, that can stand at a place; `column`, from 0, is where what it replaces begins. */
export interface SweepCompletion {
  readonly kind: 'key' | 'value';
  readonly text: string;
  readonly detail?: string;
  readonly column: number;
}

export type MaskFormat = 'safetensors' | 'safetensors-pytorch' | 'npz' | 'pytorch-snippet';

/** Masks of a score at a sparsity, or those that a run trains with. */
export type ExportParams = (MasksOfScore | { readonly run: string }) & {
  readonly format: MaskFormat;
  readonly file: string;
};

/** What an export has written: the file that was asked for, and all files, that one first. */
export interface ExportedMasks {
  readonly file: string;
  readonly files: readonly string[];
}

/** Every call, its parameters and its result. */
export interface WorkerCalls {
  describe: { params: DescribeParams; result: ModelSummary };
  score: { params: ScoreParams; result: ScoreSummary };
  /** The score from disk that `score` would give, as it was kept; null where there is none. */
  restoreScore: { params: ScoreParams; result: ScoreSummary | null };
  checkData: { params: CheckDataParams; result: readonly DataCheck[] };
  /** How stable a score is, by scoring again: at a sparsity, with what every layer keeps at least. */
  stability: {
    params: { readonly scoreId: string; readonly sparsity: number; readonly minPerLayer?: number };
    result: ShownStability;
  };
  /** Frees a score's memory. */
  forget: { params: { readonly scoreId: string }; result: null };
  select: { params: SelectParams; result: Selection };
  tile: { params: TileRequest; result: Tile };
  weight: {
    params: {
      readonly scoreId: string;
      readonly weight: string;
      readonly index: number;
      readonly sparsity: number;
      readonly minPerLayer?: number;
    };
    result: WeightDetail;
  };
  histogram: {
    params: {
      readonly scoreId: string;
      readonly weight?: string;
      readonly bins: number;
      readonly sparsity: number;
      readonly minPerLayer?: number;
    };
    result: Histogram;
  };
  overlap: {
    params: { readonly scoreId: string; readonly sparsity: number; readonly minPerLayer?: number } & OtherMasks;
    result: Overlap;
  };
  /** Writes masks for another compute process. */
  writeMasks: { params: MasksOfScore & { readonly file: string }; result: MasksInFile };
  train: { params: TrainParams; result: RunSummary };
  compare: { params: CompareParams; result: ComparisonSummary };
  learn: { params: LearnParams; result: LearnSummary };
  search: { params: SearchParams; result: SearchSummary };
  shrink: { params: ShrinkParams; result: ShrinkSummary };
  sweep: { params: SweepParams; result: ComparisonSummary };
  /** What a form offers. */
  formChoices: { params: { readonly kind: FormKind }; result: FormChoices };
  checkForm: { params: FormParams; result: FormCheck };
  /** Measures a training step of the model with its options, and counts what goes with it. */
  trainingCosts: { params: FormParams; result: TrainingCosts };
  /** The file need not be saved, so its text is told. */
  checkSweep: { params: { readonly file: string; readonly text: string }; result: SweepCheck };
  /** The text of a sweep's file that a form asks for. `file` is where it is to stand (absolute). */
  sweepText: { params: FormParams & { readonly file: string }; result: { readonly text: string } };
  /** What can stand at a line and character, both from 0. */
  completeSweep: {
    params: { readonly text: string; readonly line: number; readonly character: number };
    result: readonly SweepCompletion[];
  };
  exportMasks: { params: ExportParams; result: ExportedMasks };
  /** With `measure`, the speeds of all backends are measured, which takes seconds; else those that are remembered are told. */
  backends: {
    params: { readonly python?: EditorPython; readonly measure?: boolean };
    result: readonly BackendSummary[];
  };
  /** Builds the binding to the TensorFlow of the user's Python, where the workspace is trusted. */
  setupTensorflow: { params: { readonly python?: EditorPython }; result: TensorflowSummary };
  /** Starts the user's Python, where the workspace is trusted. */
  python: { params: { readonly python?: EditorPython }; result: PythonSummary };
}

export type WorkerCall = keyof WorkerCalls;

/** Progress of a call. `fraction` is absent while the end is unknown. */
export interface WorkerProgress {
  readonly job: string;
  readonly message: string;
  readonly fraction?: number;
  readonly secondsLeft?: number;
  /** Set while training: what the curve needs. */
  readonly training?: TrainingNews;
}

/** Metrics of the training split are under their names, those of the test split, once an epoch is over, under their keys. */
export type TrainingNews = { readonly [Name in MetricName]?: number } & TestMetrics & {
    readonly run: string;
    readonly epoch: number;
    readonly step?: number;
    readonly steps?: number;
    /** Means over the epoch so far. */
    readonly loss: number;
    /** Single steps since the last report: those that the run folder keeps. */
    readonly stepLosses?: readonly StepValues[];
    readonly testLoss?: number;
    readonly imagesPerSecond?: number;
    /** Those of the epoch that is over, where training changes masks. */
    readonly maskChanges?: readonly MaskChange[];
  };

/** A user's error on its way between processes: `UserError` without its class. */
export interface ErrorData {
  readonly kind: 'failed' | 'usage' | 'cancelled';
  readonly message: string;
  readonly hint?: string;
  readonly location?: SourceLocation;
  /** Set where other data would help. */
  readonly about?: FailureSubject;
  /** The model that it is about, where an editor has asked. */
  readonly model?: ModelName;
}
