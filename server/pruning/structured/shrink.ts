/** Making the network that a channel mask leaves: the same layers with fewer channels, and the weights that stay. */
import { createInstances, type LayerInstance, type ModelInstance } from '../../models/instances';
import type { LayerConfig, LayerDescription, ModelDescription } from '../../protocol/model';
import type { Shape } from '../../protocol/tensor';
import type { Weights } from '../types';
import type { ChannelStructure } from './channels';
import { checkChannelMask } from './masks';
import { type ChannelMask, keptIndices, keptShape, sliceKept } from './slices';

/** A smaller model with its values. */
export interface ShrunkModel {
  /** Carries the weights too, so that a network made of it starts with them whatever its seed. */
  readonly description: ModelDescription;
  /** By the same names as before. */
  readonly weights: Map<string, Float32Array>;
}

/** What a layer's settings say of its width, read off the shapes of its smaller weights and outputs. */
interface LayerShapes {
  /** A parameter's shape by its short name, before and after. */
  parameter(name: string): { readonly before: Shape; readonly after: Shape };
  /** Of what the layer gives, with the batch. */
  readonly output: Shape;
}

type Width = (config: LayerConfig, shapes: LayerShapes) => LayerConfig;

/** The settings that change with the number of channels, by class of layer. */
const widths: { readonly [className: string]: Width } = {
  Dense: (_config, { parameter }) => ({ units: parameter('kernel').after[1] }),
  Conv2D: (config, { parameter }) => {
    const { before, after } = parameter('kernel');
    const groups = typeof config.groups === 'number' ? config.groups : 1;
    // Whole groups go, so that what is left of them has the size it had.
    return groups > 1
      ? { filters: after[3], groups: (groups * after[3]) / before[3] }
      : ({ filters: after[3] } as LayerConfig);
  },
  Conv2DTranspose: (_config, { parameter }) => ({ filters: parameter('kernel').after[2] }),
  DepthwiseConv2D: (_config, { parameter }) => ({ depthMultiplier: parameter('depthwise_kernel').after[3] }),
  SeparableConv2D: (_config, { parameter }) => ({
    filters: parameter('pointwise_kernel').after[3],
    depthMultiplier: parameter('depthwise_kernel').after[3],
  }),
  Reshape: (_config, { output }) => ({ targetShape: output.slice(1) }),
  InputLayer: (_config, { output }) => ({ batchInputShape: [null, ...output.slice(1)] }),
};

const aliases: { readonly [className: string]: string } = {
  Convolution2D: 'Conv2D',
  Convolution2DTranspose: 'Conv2DTranspose',
  DepthwiseConvolution2D: 'DepthwiseConv2D',
  SeparableConvolution2D: 'SeparableConv2D',
};

/** Other values for a parameter of the smaller model than its share of the old ones. */
export type AdaptValues = (
  name: string,
  values: Float32Array,
  shapes: { readonly before: Shape; readonly after: Shape },
) => Float32Array;

/**
 * The model without the channels whose entry in `keep` is 0, with its share of `weights` (values of every parameter).
 * Layers that the output does not need are left out.
 * @throws UserError (usage) where a layer would have no channel left.
 */
export function shrinkModel(
  structure: ChannelStructure,
  keep: ChannelMask,
  weights: Weights,
  adapt: AdaptValues = (_name, values) => values,
): ShrunkModel {
  checkChannelMask(structure, keep);
  const { network, axes, outputs } = structure;
  const smaller = new Map<string, { before: Shape; after: Shape; values: Float32Array }>();
  for (const { name, shape } of network.parameters) {
    const kept = keptIndices(axes.get(name) ?? [], keep);
    const shapes = { before: shape, after: keptShape(shape, kept) };
    smaller.set(name, { ...shapes, values: adapt(name, sliceKept(weights.get(name)!, shape, kept), shapes) });
  }

  const shrinkLayer = ({ name, description, model }: LayerInstance): LayerDescription => {
    if (model) return { ...description, model: shrinkInstance(model) };
    const output = outputs.get(name)!;
    const shapes: LayerShapes = {
      parameter: (short) => smaller.get(`${name}/${short}`)!,
      output: keptShape(output.shape, keptIndices(output.axes, keep)),
    };
    const { className, config } = description;
    const width = widths[aliases[className] ?? className]?.(config, shapes) ?? {};
    const own = [...smaller].filter(([parameter]) => parameter.slice(0, parameter.lastIndexOf('/')) === name);
    const values = own.map(([parameter, { after, values: data }]) => [
      parameter.slice(name.length + 1),
      { shape: after, data },
    ]);
    return {
      ...description,
      config: { ...withoutInputShape(description), ...width },
      ...(values.length > 0 && { weights: Object.fromEntries(values) }),
    };
  };
  const shrinkInstance = ({ description, layers }: ModelInstance): ModelDescription => ({
    ...description,
    layers: [...layers.values()].filter((layer) => isNeeded(layer, outputs)).map(shrinkLayer),
  });
  return {
    description: shrinkInstance(createInstances(network.description)),
    weights: new Map([...smaller].map(([name, { values }]) => [name, values])),
  };
}

/** Only input layers declare shapes; a layer that came first in a model of its own may have kept another's. */
function withoutInputShape({ className, config }: LayerDescription): LayerConfig {
  if (className === 'InputLayer') return config;
  const { batchInputShape: _batch, inputShape: _input, ...rest } = config;
  return rest;
}

function isNeeded({ name, model }: LayerInstance, outputs: ChannelStructure['outputs']): boolean {
  return model ? [...model.layers.values()].some((layer) => isNeeded(layer, outputs)) : outputs.has(name);
}
