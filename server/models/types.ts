/** A model as the engine sees it: its parameters, and a function that adds its computation to a graph. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { Labels, ModelOutput, Objective } from '../objectives';
import type { InputFormat } from '../protocol/data';
import type { SourceLocation, UserError } from '../protocol/errors';
import type { LinesLeftOut } from '../protocol/results';
import type { HostTensor, Shape } from '../protocol/tensor';
import type { Outputs } from './outputs';

/** Moving averages of batch normalization: state that training updates, not trained. */
export type StatisticRole = 'moving-mean' | 'moving-variance';

/**
 * What a parameter is to its layer. `slope` is PReLU's alpha, `embedding` a table of vectors by token, `fixed` what is given with
 * the model and neither trained nor updated. Its name says nothing: what it means is told here.
 */
export type ParameterRole = 'kernel' | 'bias' | 'gamma' | 'beta' | 'slope' | 'embedding' | 'fixed' | StatisticRole;

/**
 * How a file holds a parameter: the engine's tensor, seen as `view` (the same values in the same order, with axes split or
 * merged), its axes put in `order` (axis i of the result is axis `order[i]` of the view), written with the shape `shape`. Where
 * `rows` is given, the slices along the first axis of the view come in another order before: slice i is the one at `rows[i]`.
 */
export interface StoredTensor {
  readonly name: string;
  readonly view: Shape;
  readonly order: readonly number[];
  readonly rows?: readonly number[];
  readonly shape: Shape;
}

export interface Parameter {
  /** Unique in the network: `conv1/kernel`. */
  readonly name: string;
  readonly layer: string;
  readonly role: ParameterRole;
  /** Kernels of images have height and width first. */
  readonly shape: Shape;
  /** Axis of a kernel's output channels or units; the last where it is absent. */
  readonly outputAxis?: number;
  /** Axes of a kernel's inputs that lie together, where they are not the one before the last, as heads of attention have them. */
  readonly inputAxes?: readonly number[];
  /** How files of the framework hold it; under this name and in this shape where it is absent. */
  readonly stored?: StoredTensor;
  /** Other names by which files of the framework may hold it. */
  readonly aliases?: readonly string[];
  readonly trainable: boolean;
  /** Trainable kernels of dense and convolution layers, which masks apply to. */
  readonly prunable: boolean;
  /** Why none of a kernel's channels can be removed, where the framework's layer has no other width. */
  readonly uncut?: string;
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
  /** Its settings name the shape of what it gives, so all its calls have that one. */
  readonly fixedShape?: true;
}

/**
 * `train`: batch statistics, dropout, updated moving statistics. `score`: batch statistics, no dropout, as saliency
 * criteria are defined. `evaluate`: moving statistics, no dropout. `flow`: activations are the identity, softmax among them, and
 * normalizations multiply by gamma and add beta only, so that positive weights let something pass everywhere.
 */
export type Mode = 'train' | 'score' | 'evaluate' | 'flow';

export interface Application {
  /** The model's output [n, …], without the functions at its end that the objective leaves out. */
  readonly logits: Node;
  /** New values of the statistics, by parameter name (`train` only). */
  readonly statistics: ReadonlyMap<string, Node>;
  /**
   * Extra inputs holding random tensors (dropout masks, noise) to be drawn from the run's seed each step (`train` only). Applied
   * twice to one graph, a network shares them.
   */
  readonly noise: readonly Noise[];
  /** Sum of the layers' regularization penalties, a scalar; absent where there are none. */
  readonly penalty?: Node;
}

/**
 * An input of the program to be drawn anew in each step: a dropout mask, whose elements are 0 with probability `rate`, else
 * 1/(1-rate), or normal noise around 0 with the standard deviation `deviation`.
 */
export type Noise = { readonly input: string; readonly shape: Shape } & (
  | { readonly rate: number }
  | { readonly deviation: number }
);

/** What is to go of a network whose framework makes the smaller model itself. */
export interface CutRequest {
  /** For each parameter by name, along each of its axes, the indices that stay; absent where all do. */
  readonly kept: ReadonlyMap<string, readonly (Int32Array | undefined)[]>;
  /** Files of the framework's tensors, as safetensors: of the model, and of what is left of it. */
  readonly before: string;
  readonly after: string;
  /** Examples of the batches that both are measured with; nothing is measured where it is absent. */
  readonly measured?: number;
  readonly signal?: AbortSignal;
}

/** What the framework has found of a smaller model. */
export interface CutProof {
  /** Largest difference of its outputs from those of the masked model, relative to the largest value: in float64 where the model can. */
  readonly difference: number;
  readonly differenceFloat32: number;
  /** Of all tensors. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** Medians of a step of training and of an evaluation. */
  readonly seconds?: {
    readonly step: { readonly before: number; readonly after: number };
    readonly evaluation: { readonly before: number; readonly after: number };
  };
  /** The framework's version. */
  readonly torch?: string;
  /** Why there is no file of ONNX. */
  readonly noOnnx?: string;
}

/** A smaller model as the framework makes it. */
export interface ShrunkOriginal {
  /** Text of a program that makes the user's own model smaller. */
  readonly script: string;
  readonly proof: CutProof;
  /** The smaller model in ONNX. */
  readonly onnx?: Uint8Array;
}

/** Modules of the user's whose code does not go with fewer channels. */
export interface WholeModules {
  /** Their paths: all of one class. Empty where it is the model itself, or nobody knows which. */
  readonly modules: readonly string[];
  readonly className: string;
  /** With the line. */
  readonly error: UserError;
}

/** What is left of a network without some of its channels. */
export interface Remainder {
  /** Every parameter by name: its shape, and its values; without values it is initialized as the network's own was. */
  readonly parameters: ReadonlyMap<string, { readonly shape: Shape; readonly values?: Float32Array }>;
  /** Shape, with a batch, of what each layer gives, by the layer's name. A layer that is not here is needed by no output. */
  readonly outputs: ReadonlyMap<string, Shape>;
}

/** A tensor of the framework's files with which nothing is computed, at initialization. */
export interface OtherTensor {
  readonly tensor: HostTensor;
  /** How its whole numbers are stored; int32 where it is absent. */
  readonly storage?: 'int64' | 'uint8' | 'bool';
  /** It counts the steps of training. */
  readonly countsSteps?: true;
}

/** One of a network's inputs. */
export interface NetworkInput extends InputFormat {
  /** As the model calls it; unique among its inputs. */
  readonly name: string;
  /**
   * How the framework has one example, where that is another way: axis i of its `shape` is axis `order[i]` of ours. Files of
   * batches hold it so.
   */
  readonly stored?: { readonly shape: Shape; readonly order: readonly number[] };
}

export interface Network {
  readonly name: string;
  /** Name of the front end that it comes from. */
  readonly frontEnd: string;
  /** File of the model (absolute), and the export of it where it has several. */
  readonly file: string;
  readonly exportName?: string;
  /**
   * Files besides `file` that it was made from (absolute): modules, and whatever the code read while it ran. A change of one may
   * make it another network.
   */
  readonly reads?: readonly string[];
  /** Lines of the user's files that the model does not need and that were not run: what they do is not done. */
  readonly leftOut?: readonly LinesLeftOut[];
  /**
   * 12 hexadecimal digits that tell networks apart: from the layers, how they are connected, and the values that the model's
   * code has set itself; not from where the code is.
   */
  readonly fingerprint: string;
  /** What an example consists of, in the model's order; most networks have one input. */
  readonly inputs: readonly NetworkInput[];
  /** All outputs of the model, of which the network has one; absent where its front end names none. */
  readonly outputs?: Outputs;
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
  /**
   * The values of every parameter at initialization, by name, where they are drawn by the model's own code, which is run for
   * each seed. `Parameter.initialize` gives those of the seed that it was loaded with, then. Absent: `initialize` draws them.
   */
  draw?(seed: number): Promise<ReadonlyMap<string, Float32Array>>;
  /**
   * Tensors in the framework's files with which nothing is computed, by their names: counters, weights that no output needs. Absent
   * where the framework has none.
   */
  readonly others?: ReadonlyMap<string, OtherTensor>;
  /**
   * The tensors of a file of the framework's own format (.pt), by their names; absent where it has none.
   * @throws UserError where it cannot be read.
   */
  readWeightsFile?(path: string): Promise<ReadonlyMap<string, HostTensor>>;
  readonly layers: readonly LayerInfo[];
  /**
   * Adds the network's computation to a graph. `inputs` has a node [n, …shape] for each input, `parameters` one for each parameter.
   * `observe` is told what each input layer holds and what each call of a layer gives, by the layer's unique name.
   */
  apply(
    b: Builder,
    inputs: readonly Node[],
    parameters: ReadonlyMap<string, Node>,
    mode: Mode,
    observe?: (layer: string, value: Node) => void,
  ): Application;
  /** The network with fewer channels, whose parameters have the same names; absent where none is made here. */
  shrink?(remainder: Remainder): Network;
  /**
   * Makes the user's own model smaller, in its framework; absent where `shrink` does.
   * @throws UserError with the line where the model's code does not go with smaller layers.
   */
  shrinkOriginal?(request: CutRequest): Promise<ShrunkOriginal>;
  /** Which modules the user's own code keeps from becoming smaller so; undefined where all go with it. There where `shrinkOriginal` is. */
  tryCut?(kept: CutRequest['kept'], signal?: AbortSignal): Promise<WholeModules | undefined>;
  /**
   * The network of the user's own model made smaller, whose parameters have the same names; there where `shrinkOriginal` is. `kept` is that
   * of a CutRequest.
   * @throws UserError with the line where the model's code does not go with smaller layers.
   */
  remake?(kept: CutRequest['kept'], signal?: AbortSignal): Promise<Network>;
}

/** Whether a parameter is state that training updates, and not trained. */
export function isStatistic({ role }: Pick<Parameter, 'role'>): boolean {
  return role === 'moving-mean' || role === 'moving-variance';
}

/** Axis of a kernel's output channels or units. */
export function outputAxisOf({ shape, outputAxis }: Pick<Parameter, 'shape' | 'outputAxis'>): number {
  return outputAxis ?? shape.length - 1;
}
