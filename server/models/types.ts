/** A model as the engine sees it: its parameters, and a function that adds its computation to a graph. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { Labels, ModelOutput, Objective } from '../objectives';
import type { SourceLocation } from '../protocol/errors';
import type { ModelDescription } from '../protocol/model';
import type { Shape } from '../protocol/tensor';

/**
 * What a parameter is to its layer. `slope` is PReLU's alpha; `statistic`s (moving mean and variance) are state, not
 * trained.
 */
export type ParameterRole = 'kernel' | 'bias' | 'gamma' | 'beta' | 'slope' | 'statistic';

export interface Parameter {
  /** Keras's name: `conv1/kernel`, `bn1/gamma`, `bn1/moving_mean`. */
  readonly name: string;
  readonly layer: string;
  readonly role: ParameterRole;
  readonly shape: Shape;
  readonly trainable: boolean;
  /** Trainable kernels of dense and convolution layers, which masks apply to. */
  readonly prunable: boolean;
  /** Its penalty in the loss, l1 |w| + l2 w²; absent where it has none. */
  readonly regularizer?: { readonly l1: number; readonly l2: number };
  /** Fills a new tensor from the run's seed (or with the values the model code set). */
  initialize(seed: number): Float32Array;
}

/** One layer for reports: what it is, where it was made, and its cost. Models used as layers are shown by their layers. */
export interface LayerInfo {
  /** Its own name, preceded by the names of the models around it (`block/conv1`) where another layer is named the same. */
  readonly name: string;
  readonly className: string;
  /** Innermost frame first, then its callers; empty where unknown. */
  readonly source: readonly SourceLocation[];
  /** Output shape without the batch. */
  readonly outputShape: Shape;
  /** Names of its parameters. */
  readonly parameters: readonly string[];
  /** Multiplications and additions of one example, counted as pairs (dense, no mask). */
  readonly macs: number;
}

/**
 * `train`: batch statistics, dropout, updated moving statistics. `score`: batch statistics, no dropout, as saliency
 * criteria are defined. `evaluate`: moving statistics, no dropout.
 */
export type Mode = 'train' | 'score' | 'evaluate';

export interface Application {
  /** The model's output [n, …], without the functions at its end that the objective leaves out. */
  readonly logits: Node;
  /** New values of the statistics, by parameter name (`train` only). */
  readonly statistics: ReadonlyMap<string, Node>;
  /**
   * Extra inputs holding random tensors (dropout masks) to be drawn from the run's seed each step (`train` only). Applied
   * twice to one graph, a network shares them.
   */
  readonly noise: readonly Noise[];
  /** Sum of the layers' regularization penalties, a scalar; absent where there are none. */
  readonly penalty?: Node;
}

/** A dropout mask: an input of the program whose elements are 0 with probability `rate`, else 1/(1-rate). */
export interface Noise {
  readonly input: string;
  readonly shape: Shape;
  readonly rate: number;
}

export interface Network {
  readonly name: string;
  /** File of the model, for reports. */
  readonly file: string;
  /** What the network was made from. */
  readonly description: ModelDescription;
  /** Shape of one example without the batch. */
  readonly inputShape: Shape;
  readonly output: ModelOutput;
  /** What it is trained for: what its output says, until another one is chosen. */
  readonly objective: Objective;
  /** What the objective makes of the output. */
  readonly labels: Labels;
  /** `task`, `shape` and `classes` of the labels. */
  readonly task: string;
  readonly labelShape: Shape;
  readonly classes: number;
  /** The same network for another objective, which has read its output. */
  withObjective(objective: Objective, labels: Labels): Network;
  readonly parameters: readonly Parameter[];
  readonly layers: readonly LayerInfo[];
  /**
   * Adds the network's computation to a graph. `x` is [n, …inputShape], `parameters` holds a node for each parameter.
   * `observe` is told what each input layer holds and what each call of a layer gives, by the layer's unique name.
   */
  apply(
    b: Builder,
    x: Node,
    parameters: ReadonlyMap<string, Node>,
    mode: Mode,
    observe?: (layer: string, value: Node) => void,
  ): Application;
}
