/** What a kind of layer is to the front end: a builder that reads the configuration, and the computation it gives. */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';
import { type Fail, formatExtents } from '../../../models/failure';
import type { Mode, ParameterRole } from '../../../models/types';
import type { Shape } from '../../../protocol/tensor';
import type { ConfigValue, LayerDescription } from '../description';
import type { Activation } from '../network/activations';
import type { ConfigReader } from '../network/config';

/** A parameter as a layer asks for it. */
export interface ParameterRequest {
  /** Keras's short name: `kernel`, `moving_mean`. */
  readonly name: string;
  readonly role: ParameterRole;
  readonly shape: Shape;
  /** Axis of a kernel's output channels; the last where it is absent. */
  readonly outputAxis?: number;
  /** Axes of a kernel's inputs that lie together, where they are not the one before the last, as heads of attention have them. */
  readonly inputAxes?: readonly number[];
  /** Start of its options: `kernel` has `kernelInitializer`, `kernelRegularizer` and `kernelConstraint`. */
  readonly option: string;
  /** Initializer where the configuration has none. */
  readonly initializer: ConfigValue;
  /** Changes values after they were initialized. */
  readonly adjust?: (values: Float32Array) => void;
  /** Where its options are, for a layer inside this one. */
  readonly config?: ConfigReader;
}

/** What a layer's builder works with. All options are read and checked here; applying the layer fails only on shapes. */
export interface LayerContext {
  readonly config: ConfigReader;
  /** Shapes of the inputs of the layer's first call, without the batch. */
  readonly inputs: readonly Shape[];
  /** Whether the layer and the models around it are trainable. */
  readonly trainable: boolean;
  /** Declares a parameter. */
  parameter(request: ParameterRequest): void;
  /** The definition of another class of layers, for layers that wrap one; undefined where it is not supported. */
  findLayer(className: string): LayerDefinition | undefined;
  readonly fail: Fail;
}

/** Which steps of a tensor [n, steps, …] count, by the tensor: [n, steps], 1 where one does, else 0. */
export interface StepMasks {
  get(tensor: Node): Node | undefined;
  set(tensor: Node, mask: Node): void;
}

/** What one application of a layer works with. */
export interface CallScope {
  readonly b: Builder;
  readonly mode: Mode;
  /** The node of one of the layer's parameters, by its short name. A statistic is the one earlier calls have left. */
  parameter(name: string): Node;
  /** Gives a statistic a new value. */
  updateStatistic(name: string, value: Node): void;
  /** Masks of inputs; a layer that makes one sets it. */
  readonly mask: StepMasks;
  /** A new random mask: elements are 0 with probability `rate`, else 1 / (1 - rate). */
  dropoutMask(shape: Shape, rate: number): Node;
  /** New normal noise around 0. */
  gaussian(shape: Shape, deviation: number): Node;
}

export interface BuiltLayer {
  /** The layer's computation up to its activation. Tensors have the batch as first axis. */
  apply(scope: CallScope, inputs: readonly Node[]): Node;
  /** What the layer ends with; the network leaves it out where it is the softmax at the model's end. */
  readonly activation?: Activation;
  /** Multiplications of one example, paired with additions, for shapes without the batch; absent where there are none. */
  macs?(input: Shape, output: Shape): number;
}

export interface LayerDefinition {
  /** How many inputs a call has. */
  readonly inputs: 'one' | 'several';
  build(context: LayerContext): BuiltLayer;
  /**
   * What becomes of the mask of an input: `passes`, the result has it too; `uses`, the layer heeds it itself. A mask that reaches
   * any other layer would be lost, so the model is refused.
   */
  readonly masking?: 'passes' | 'uses';
  /** Whether the settings name the shape of what the layer gives. */
  readonly fixedShape?: true;
  /** Whether the layer hands its input's values on in their order, so that a softmax before it still ends the model. */
  keepsValues?(layer: LayerDescription): boolean;
}

/** A definition of a layer with one input that treats each step by itself, so that a mask of its input holds for its result. */
export function eachStep(build: LayerDefinition['build']): LayerDefinition {
  return { inputs: 'one', build, masking: 'passes' };
}

/** A definition of a layer with one input. */
export function oneInput(build: LayerDefinition['build']): LayerDefinition {
  return { inputs: 'one', build };
}

/** Fails unless the (first) input is an image [height, width, channels]; gives its number of channels. */
export function imageChannels({ inputs: [input], config, fail }: LayerContext): number {
  if (config.choice('dataFormat', ['channelsLast', 'channelsFirst'], 'channelsLast') === 'channelsFirst') {
    fail(
      'the data format channelsFirst is not supported.',
      "Use 'channelsLast': images are [height, width, channels].",
    );
  }
  if (input.length !== 3) fail(`its input has the shape ${formatExtents(input)}, not [height, width, channels].`);
  return input[2];
}

/** An axis of an input after the batch, counted with the batch; from the end where negative. What is none ends in `fail`. */
export function resolveAxis(axis: ConfigValue, rank: number, option: string, fail: Fail): number {
  const resolved = typeof axis === 'number' && axis < 0 ? axis + rank : axis;
  const fits = typeof resolved === 'number' && Number.isInteger(resolved) && resolved >= 1 && resolved < rank;
  return fits
    ? resolved
    : fail(`the option ${option} (${JSON.stringify(axis)}) is not an axis of its input after the batch.`);
}

/** The rate of a dropout, 0 to below 1; anything else ends in `fail`. */
export function readRate({ config, fail }: LayerContext, option: string, fallback: number): number {
  const rate = config.number(option, fallback);
  if (rate < 0 || rate >= 1) fail(`the option ${option} is ${rate}; it must be at least 0 and below 1.`);
  return rate;
}

/** Declares a bias of `size` values unless the layer has none; gives a function that adds it. */
export function declareBias(context: LayerContext, size: number): (scope: CallScope, x: Node) => Node {
  if (!context.config.boolean('useBias', true)) return (_scope, x) => x;
  context.parameter({ name: 'bias', role: 'bias', shape: [size], option: 'bias', initializer: 'zeros' });
  return ({ b, parameter }, x) => b.add(x, parameter('bias'));
}
