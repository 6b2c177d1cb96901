/** What the engine tells of models, scores, selections and runs: plain data for the editor and its views. */
import type { MetricValues } from './catalogue/metrics';
import type { FinalMetrics, GradientNorms, MaskChange, RunKey, RunOutcome } from './comparison';
import type { SourceLocation } from './errors';
import type { MetricsByKey, TestMetrics } from './metricKeys';
import type { ShownStability } from './stability';
import type { Shape } from './tensor';

/** A model is named by its specifier: `file.ts#exportName`, `file.ts` or `model.json`, with an absolute path. */
export type ModelName = string;

export interface ParameterSummary {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  readonly prunable: boolean;
}

export interface LayerSummary {
  readonly name: string;
  readonly className: string;
  /** Innermost frame first, then its callers; empty where unknown. */
  readonly source: readonly SourceLocation[];
  readonly outputShape: Shape;
  readonly parameters: readonly ParameterSummary[];
  /** Multiply-accumulates of one example, dense. */
  readonly macs: number;
}

export interface ModelSummary {
  readonly model: ModelName;
  readonly name: string;
  readonly inputShape: Shape;
  readonly classes: number;
  readonly layers: readonly LayerSummary[];
  /**
   * Pairs of places in `layers`, or behind them in `joins`, or behind those in `uses`: the second reads what the first gives. Absent where the network cannot be
   * computed for one example.
   */
  readonly connections?: readonly (readonly [from: number, to: number])[];
  /** Where values are combined without a layer, for several readers: the place of the last layer before each. */
  readonly joins?: readonly number[];
  /** Where a layer is used again behind what follows from it: the place of that layer, for each further use. */
  readonly uses?: readonly number[];
  /**
   * Hash of everything that decides scores (topology, configuration, explicit weights), lines and comments apart. Two
   * summaries with the same one are of the same architecture.
   */
  readonly fingerprint?: string;
  /** Files besides its own that it was made from (absolute). */
  readonly reads?: readonly string[];
  /** Lines that it does not need and that were not run. */
  readonly leftOut?: readonly LinesLeftOut[];
}

/** Lines of a file, from 1 on, the last one included. */
export interface LinesLeftOut {
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

/** A finished score. The scores themselves stay with the worker that made them, under `scoreId`. */
export interface ScoreSummary {
  readonly scoreId: string;
  readonly model: ModelName;
  /** Criterion name and title: `prospr`, `ProsPr`. */
  readonly method: string;
  readonly title: string;
  readonly seed: number;
  readonly backend: string;
  readonly device: string;
  readonly seconds: number;
  /** Data set as asked for; absent for criteria that need none. */
  readonly data?: string;
  /** Sparsity that it was made for, where it holds for that one only: another one needs a new scoring. */
  readonly aim?: number;
  /** Examples in a batch that it was made on, where they were limited. */
  readonly examples?: number;
  /** The scored tensors, in the network's order. */
  readonly weights: readonly { readonly name: string; readonly layer: string; readonly shape: Shape }[];
  /** ProsPr: norms of each tensor's meta-gradient and gradient. */
  readonly gradientNorms?: readonly GradientNorms[];
  /** Absent until it was measured. */
  readonly stability?: ShownStability;
}

/** What a sparsity leaves of one tensor. */
export interface LayerSelection {
  readonly layer: string;
  readonly weight: string;
  readonly total: number;
  readonly kept: number;
  /** Multiply-accumulates of one example: dense, and with only the kept weights. */
  readonly macs: number;
  readonly sparseMacs: number;
  /** Kept weights on a path from input to output; absent where paths were not asked for. */
  readonly connected?: number;
}

/** Which weights of a score stay at a sparsity. */
export interface Selection {
  readonly scoreId: string;
  readonly sparsity: number;
  /** Lowest score that stays. */
  readonly threshold: number;
  readonly prunable: number;
  readonly kept: number;
  readonly layers: readonly LayerSelection[];
  /** Layers of which nothing is left. */
  readonly collapsed: readonly string[];
  /** Layers that keep weights, none of them on a path; empty where paths were not asked for. */
  readonly disconnected: readonly string[];
}

/** What the masks of a score are compared with; nothing where all of it is absent. */
export interface OtherMasks {
  /** Another score. */
  readonly otherScoreId?: string;
  /** Sparsity of the other score, where it is another one; of the same score where no other one is named. */
  readonly otherSparsity?: number;
  /** Folder of a run: the masks that it trains with, or has come to. */
  readonly otherRun?: string;
  /** Its masks after so many epochs, where training changes them; 0 are those that it began with. */
  readonly otherEpoch?: number;
}

/** A rectangle of a weight tensor seen as a matrix, `rows` by `columns`, down-sampled to `height` by `width` cells. */
export interface TileRequest extends OtherMasks {
  readonly scoreId: string;
  readonly weight: string;
  readonly sparsity: number;
  /** Weights that every layer keeps at least; what the score was made with where it is absent. */
  readonly minPerLayer?: number;
  /** First row and column, and how many. Convolution kernels [kh, kw, in, out] are matrices [out·kh, in·kw]; dense ones [out, in]. */
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
}

export interface Tile {
  readonly height: number;
  readonly width: number;
  /** Fraction kept in each cell, 0 … 255, row-major, base64. */
  readonly density: string;
  /** For a comparison: fraction kept by both, and by the other one. */
  readonly both?: string;
  readonly other?: string;
}

/** Size of the matrix a tensor is shown as: see {@link TileRequest}. */
export function matrixExtents(shape: Shape): { readonly rows: number; readonly columns: number } {
  if (shape.length === 4) return { rows: shape[3] * shape[0], columns: shape[2] * shape[1] };
  return {
    rows: shape[shape.length - 1],
    columns: shape.slice(0, -1).reduce((product, extent) => product * extent, 1),
  };
}

/** Position in the tensor of a place of its matrix. */
export function matrixIndex(
  shape: Shape,
  row: number,
  column: number,
): { readonly index: number; readonly at: readonly number[] } {
  if (shape.length !== 4) return { index: column * shape[shape.length - 1] + row, at: [column, row] };
  const [kh, kw, inputs, outputs] = shape;
  const at = [row % kh, column % kw, Math.floor(column / kw), Math.floor(row / kh)];
  return { index: ((at[0] * kw + at[1]) * inputs + at[2]) * outputs + at[3], at };
}

/** One weight, for a tooltip. */
export interface WeightDetail {
  readonly at: readonly number[];
  readonly score: number;
  readonly initial: number;
  readonly kept: boolean;
}

/** Weights that a mask removes, and those that it keeps. */
export interface MaskCounts {
  readonly removed: number;
  readonly kept: number;
}

/**
 * Distribution of scores, parted by what the mask at a sparsity removes and keeps: bins of equal width on an axis from `low` to
 * `high`. Scores without a sign are on a `logarithmic` axis, log10(score); others on a `signed` one, asinh(score / unit).
 */
export interface Histogram {
  readonly axis: 'logarithmic' | 'signed';
  /** Of a signed axis: scores that are much smaller are spaced evenly, others by powers. */
  readonly unit: number;
  readonly low: number;
  readonly high: number;
  readonly removed: readonly number[];
  readonly kept: readonly number[];
  /** All weights, those that have no place on the axis too. */
  readonly total: MaskCounts;
  /** Scores of exactly 0, which a logarithmic axis has no place for. */
  readonly zeros: MaskCounts;
  /** Weights that a criterion in rounds has removed before its last round; they have no scores. */
  readonly removedEarlier: number;
  /** The score from which on weights are kept; absent where no single one parts them. */
  readonly threshold?: number;
}

/** Overlap of two masks: intersection over union, in all and a tensor, and how many weights the other one keeps. */
export interface Overlap {
  readonly iou: number;
  readonly otherKept: number;
  readonly weights: readonly { readonly weight: string; readonly iou: number; readonly otherKept: number }[];
}

export type RunState = 'running' | 'finished' | 'interrupted' | 'failed';

/** What a user has noted of a run. Nothing of it tells runs apart. */
export interface RunNotes {
  readonly tags?: readonly string[];
  readonly text?: string;
  /** It stands first in tables. */
  readonly pinned?: boolean;
  /** Tables leave it out until they are told otherwise. */
  readonly archived?: boolean;
}

/** A training run on disk, whoever wrote it. */
export interface RunSummary extends TestMetrics {
  /** Path of its folder, which names it. */
  readonly run: string;
  /** Given by the user, or what it trains: model, method, sparsity and seed, and its start where several have the same. */
  readonly label: string;
  /** The user has given it its label. */
  readonly renamed?: true;
  readonly state: RunState;
  readonly model?: ModelName;
  readonly method?: string;
  readonly sparsity?: number;
  /** It trains less than the whole network: it has masks, or is smaller. */
  readonly masked?: true;
  /** Training changes its masks. */
  readonly masksChange?: true;
  readonly seed?: number;
  readonly backend?: string;
  readonly epochs: number;
  readonly finishedEpochs: number;
  readonly started?: string;
  readonly error?: string;
  readonly notes?: RunNotes;
}

/** A folder whose runs are listed. */
export interface RunsFolder {
  /** Absolute path. */
  readonly folder: string;
  /** As it was named. */
  readonly name: string;
  /** In one sentence; its runs may be missing. */
  readonly problem?: string;
}

/** What one step had on its batch: its loss, and metrics that are means over examples, under their names. Steps count from 1. */
export type StepValues = { readonly step: number; readonly loss: number } & MetricValues;

/** A file that a run has kept as it was when it began; its path is absolute. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Metrics of a run: a line a finished epoch, and single steps. */
export interface RunMetrics {
  readonly run: string;
  /** How long each epoch took, evaluation included; absent until the run has ended. */
  readonly epochSeconds?: readonly number[];
  readonly epochs: readonly ({ readonly epoch: number } & MetricsByKey)[];
  readonly steps: readonly ({ readonly epoch: number } & StepValues)[];
  /** Absent where the masks stay. */
  readonly maskChanges?: readonly MaskChange[];
}

/** A finished run of a comparison with its metrics. */
export type ComparisonRow = RunKey & Partial<FinalMetrics>;

/** The row of a run, with every metric that it has. */
export function comparisonRow({ model, method, sparsity, seed, final }: RunOutcome): ComparisonRow {
  return { model, method, sparsity, seed, ...final };
}

/** What a comparison measured, a line a finished run. */
export interface ComparisonSummary {
  readonly folder: string;
  /** What it is called where its folder's name is not enough: with as much of its model's path as tells that from others. */
  readonly label?: string;
  /** Methods with their titles, in the order asked for, where its folder tells them. */
  readonly methods?: readonly { readonly name: string; readonly title: string }[];
  readonly rows: readonly ComparisonRow[];
  /** Absent of one that has all its runs. */
  readonly unfinished?: Unfinished;
}

/** How far a comparison or a sweep is that lacks runs. */
export interface Unfinished {
  /** Runs that were asked for, and those that could not be done. */
  readonly planned: number;
  readonly failed: number;
  /** A process is at it. */
  readonly isRunning: boolean;
  /** The file of a sweep, by which it goes on. */
  readonly sweep?: string;
}

/** What is found of a backend. */
export interface BackendSummary {
  readonly name: string;
  readonly title: string;
  readonly available: boolean;
  /** Device, or one sentence why it cannot be used. */
  readonly detail: string;
  /** In a short step of training, where it was measured. */
  readonly imagesPerSecond?: number;
  /** Why `auto` does not take it although it is there, as a clause. */
  readonly passedOver?: string;
}

/** A device that the user's PyTorch computes on. */
export interface PythonDevice {
  /** As torch names it: `cpu`, `cuda:0`, `mps`, `xpu:0`. */
  readonly device: string;
  /** What it is reached through; AMD's devices are called `cuda` too. */
  readonly platform: 'cpu' | 'cuda' | 'rocm' | 'mps' | 'xpu';
  /** The product's name; absent of the CPU. */
  readonly name?: string;
  /** Bytes. */
  readonly memory?: number;
}

/** The user's Python, as far as it is known. */
export interface PythonSummary {
  /** Absolute; absent where no Python was found. */
  readonly path?: string;
  /** What named it, in words: `--python`, `the Python extension`. */
  readonly origin?: string;
  /** `3.12.1`. */
  readonly version?: string;
  /** Version of torch. */
  readonly torch?: string;
  /** GPUs first; none where it does not serve. */
  readonly devices: readonly PythonDevice[];
  /** What torch warned of when it looked for devices. */
  readonly warning?: string;
  /** One sentence: what is missing, and how to get it; absent where it serves. */
  readonly problem?: string;
}

/** The binding to the user's TensorFlow that was built. */
export interface TensorflowSummary {
  /** Version of TensorFlow. */
  readonly tensorflow: string;
  /** What it computes on. */
  readonly device: string;
}

/** A predictor that was learned. Paths are absolute. */
export interface LearnSummary {
  readonly predictor: string;
  /** Folder of the data set that it learned from. */
  readonly dataset: string;
  /** Pictures of both: a `SurvivalReport` as JSON, and a page to be opened in a browser. */
  readonly report: string;
  readonly page: string;
  readonly seconds: number;
  /** Spearman's, of prediction and survival, on the weights learned from. */
  readonly rankCorrelation: number;
}

/** What a search has found. */
export interface SearchSummary {
  /** That of its runs and results. */
  readonly folder: string;
  /** The highest sparsity that keeps the metric; absent where none of those tried does. */
  readonly found?: number;
  /** The answer in a sentence. */
  readonly conclusion: string;
}

/** A smaller model that was made. */
export interface ShrinkSummary {
  readonly folder: string;
  /** What is loaded, and all files, that one first; absolute. */
  readonly files: readonly string[];
  readonly parameters: number;
  readonly keptParameters: number;
  /** Multiplications of one example. */
  readonly macs: number;
  readonly keptMacs: number;
  /** What was made, what it saves, and what is proved of it: a sentence each. */
  readonly sentences: readonly string[];
}

/** Pictures of a survival data set on disk. */
export interface SurvivalEntry {
  /** Of the predictor. */
  readonly name: string;
  /** Absolute path of the `SurvivalReport`. */
  readonly report: string;
}
