/** What a model is trained for: which labels it has, what is minimized, and what is measured. One file each in this folder. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { MetricValues } from '../protocol/catalogue/metrics';
import type { Dataset, LabelValues } from '../protocol/data';
import type { Shape } from '../protocol/tensor';

/** A function in which a model ends. */
export interface Ending {
  readonly kind: 'linear' | 'softmax' | 'sigmoid' | 'other';
  readonly name: string;
  /** The axis of a softmax, counted from the end where negative. */
  readonly axis?: number;
  /** What the layer with this function gives, with the batch. Layers that only reshape may follow it. */
  readonly shape: Shape;
}

/** A model's output before an objective has read it. */
export interface ModelOutput {
  /** The model's name, for messages. */
  readonly model: string;
  /** Of one example, without the batch. */
  readonly shape: Shape;
  readonly endings: readonly Ending[];
}

/** What an example is labelled with. */
export interface Labels {
  /** What the model is for, in a word: `classification`. */
  readonly task: string;
  /** Of one example's labels, without the batch: [] for one label. */
  readonly shape: Shape;
  readonly dtype: 'int32' | 'float32';
  /** How many values the model gives for each label: as many as there are classes; of float values, how many there are. */
  readonly classes: number;
  /** Whether batches to score on hold as many examples of every class; otherwise examples are drawn without regard to them. */
  readonly balanced: boolean;
}

/** Why an objective cannot read an output. */
export interface Misfit {
  /** A sentence that begins in lower case. */
  readonly problem: string;
  readonly hint?: string;
  /** The ending that is to blame; absent where it is the shape of the output. */
  readonly ending?: Ending;
}

/** A batch in a graph. */
export interface Predicted {
  /** [n, …output], without the endings that the objective leaves out. */
  readonly logits: Node;
  /** [n, …labels.shape], of the labels' type. */
  readonly y: Node;
  readonly labels: Labels;
}

/** A metric that is measured in each training step: its mean over examples. */
export interface StepMetric {
  /** Name in the catalogue of metrics. */
  readonly name: string;
  /** The sum over the batch's examples, a scalar. */
  sum(b: Builder, batch: Predicted): Node;
}

/** A tensor that an evaluation adds up over the batches of a split. */
export interface Measure {
  readonly node: Node;
  /**
   * `batch`: the sum over a batch, in which the objective has multiplied each example by its weight. `example`: the first
   * axis is the batch; examples are added up one by one, in float64, those of weight 0 left out.
   */
  readonly per: 'batch' | 'example';
}

/** Sums over a split, by the measure's name. */
export interface Totals {
  readonly [measure: string]: Float64Array;
}

/** What objectives can be told; each says in its `configure` what it heeds. */
export interface ObjectiveSettings {
  /** Where the Huber loss passes from squares to distances. */
  readonly huberDelta?: number;
  /** Share of a target that is spread over all classes alike, 0 to below 1. */
  readonly labelSmoothing?: number;
}

/** What is minimized, as far as somebody has said it. */
export interface ObjectiveChoice extends ObjectiveSettings {
  /** Name of the objective; absent: what the model's output is for. */
  readonly objective?: string;
  /** The older name of the same, by which criteria score only where it says what a model is for, and not only how its pixels are trained. */
  readonly loss?: string;
}

export interface Objective {
  /** As given to `--objective`. */
  readonly name: string;
  /** As shown to people. */
  readonly title: string;
  /** Kinds of endings that the loss is computed without: it has them in itself. */
  readonly leavesOut: readonly Ending['kind'][];
  /** Whether the loss is of logits, which a temperature divides. */
  readonly isOfLogits: boolean;
  /** Whether a model with this output is for it where nobody chooses; absent: every output that it can read. */
  suits?(output: ModelOutput): boolean;
  /** The same objective with other settings than the usual, where it heeds them. */
  readonly configure?: { readonly [Name in keyof ObjectiveSettings]?: (value: number) => Objective };
  /** The labels of a model with this output, or why it cannot be trained for this objective. */
  read(output: ModelOutput): Labels | Misfit;
  /**
   * The data set with labels as this objective has them, where it holds them in another form (classes for one sigmoid); as it
   * is where it does not.
   */
  adaptDataset?(model: LabelledModel, dataset: Dataset): Dataset;
  /** @throws UserError (usage) where a data set has other labels than a model has. */
  checkDataset(model: LabelledModel, dataset: LabelledData): void;
  /** The first of `values` that cannot be a label, with what is wrong with it: `is not a class of NAME: 0 to 9`. */
  findWrongLabel(
    values: ArrayLike<number>,
    model: LabelledModel,
  ): { readonly index: number; readonly problem: string } | undefined;
  /** What float labels of noise are drawn from: standard normal `values` where it is absent, or 0 and 1. */
  readonly noise?: 'values' | 'binary';
  /** Mean loss of a batch, a scalar. */
  loss(b: Builder, batch: Predicted): Node;
  /** How many labels of a batch its loss is the mean over; absent: its examples count alike. */
  countOf?(y: LabelValues): number;
  /** Names of the metrics it reports besides the loss; the first one leads: it is what runs are compared by. */
  metrics(labels: Labels): readonly string[];
  /** The metrics that these labels of test examples leave without a value, each with the reason: `all labels are equal`. */
  unmeasured?(values: LabelValues, labels: Labels): readonly { readonly metric: string; readonly reason: string }[];
  /** What training measures as it goes. */
  readonly stepMetrics: readonly StepMetric[];
  /** What an evaluation adds up; `exampleWeights` [n] is 1, and 0 for the copies that fill the last batch up. */
  measures(b: Builder, batch: Predicted & { readonly exampleWeights: Node }): { readonly [name: string]: Measure };
  /** The loss and the metrics of a split of `size` examples with the labels `values`. */
  finish(totals: Totals, size: number, labels: Labels, values: LabelValues): MetricValues & { readonly loss: number };
}

export interface LabelledModel {
  readonly name: string;
  readonly labels: Labels;
}

export type LabelledData = Pick<Dataset, 'name' | 'labelShape'> &
  Partial<Pick<Dataset, 'classes' | 'classNames' | 'train' | 'test'>>;

export function isMisfit(read: object): read is Misfit {
  return 'problem' in read;
}

/** What is wrong, as a sentence by itself. */
export function problemText({ problem }: Misfit): string {
  return problem.charAt(0).toUpperCase() + problem.slice(1);
}
