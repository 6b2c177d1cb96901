/** The description of a network with fewer channels: the same layers, their widths and the values that stay. */

import type { Remainder } from '../../../models/types';
import type { Shape } from '../../../protocol/tensor';
import type { LayerConfig, LayerDescription, ModelDescription } from '../description';
import { canonicalClass } from '../layers';
import type { LayerInstance, ModelInstance } from './instances';
import type { DeclaredParameter } from './parameters';

/** What a layer's settings say of its width, read off the shapes of its smaller weights and outputs. */
interface LayerShapes {
  /** A parameter's shape by its short name, before and after. */
  parameter(name: string): { readonly before: Shape; readonly after: Shape };
  /** Of what the layer gives, with the batch. */
  readonly output: Shape;
}

type Width = (config: LayerConfig, shapes: LayerShapes) => LayerConfig;

/** Of a convolution whose kernel has its outputs last. Whole groups go, so that what is left of them has the size it had. */
function convolutionWidth(config: LayerConfig, { parameter }: LayerShapes): LayerConfig {
  const [before, after] = [parameter('kernel').before, parameter('kernel').after].map(
    (shape) => shape[shape.length - 1],
  );
  const groups = typeof config.groups === 'number' ? config.groups : 1;
  return groups > 1 ? { filters: after, groups: (groups * after) / before } : { filters: after };
}

/** The settings that change with the number of channels, by class of layer. */
const widths: { readonly [className: string]: Width } = {
  Dense: (_config, { parameter }) => ({ units: parameter('kernel').after[1] }),
  Conv1D: convolutionWidth,
  Conv2D: convolutionWidth,
  Conv2DTranspose: (_config, { parameter }) => ({ filters: parameter('kernel').after[2] }),
  DepthwiseConv2D: (_config, { parameter }) => ({ depthMultiplier: parameter('depthwise_kernel').after[3] }),
  SeparableConv2D: (_config, { parameter }) => ({
    filters: parameter('pointwise_kernel').after[3],
    depthMultiplier: parameter('depthwise_kernel').after[3],
  }),
  Reshape: (_config, { output }) => ({ targetShape: output.slice(1) }),
  InputLayer: (_config, { output }) => ({ batchInputShape: [null, ...output.slice(1)] }),
};

/** The description of what `remainder` leaves of a model with these parameters. See `Network.shrink`. */
export function shrinkDescription(
  model: ModelInstance,
  parameters: readonly DeclaredParameter[],
  { parameters: left, outputs }: Remainder,
): ModelDescription {
  const isNeeded = ({ name, model: inner }: LayerInstance): boolean =>
    inner ? [...inner.layers.values()].some(isNeeded) : outputs.has(name);

  const shrinkLayer = ({ name, description, model: inner }: LayerInstance): LayerDescription => {
    const { weights: _weights, ...kept } = description;
    if (inner) return { ...kept, model: shrinkInstance(inner) };
    const own = new Map(
      parameters.filter(({ layer }) => layer === name).map((parameter) => [parameter.shortName, parameter]),
    );
    const parameter = (short: string) => {
      const { name: full, shape } = own.get(short)!;
      return { before: shape, after: left.get(full)!.shape };
    };
    const output = outputs.get(name)!;
    const width = widths[canonicalClass(description.className)]?.(description.config, { parameter, output });
    const values = [...own].flatMap(([short, { name: full }]) => {
      const { shape, values: data } = left.get(full)!;
      return data ? [[short, { shape, data }] as const] : [];
    });
    return {
      ...kept,
      config: { ...withoutInputShape(description), ...width },
      ...(values.length > 0 && { weights: Object.fromEntries(values) }),
    };
  };

  const shrinkInstance = ({ description, layers }: ModelInstance): ModelDescription => ({
    ...description,
    layers: [...layers.values()].filter(isNeeded).map(shrinkLayer),
  });
  return shrinkInstance(model);
}

/** Only input layers declare shapes; a layer that came first in a model of its own may have kept another's. */
function withoutInputShape({ className, config }: LayerDescription): LayerConfig {
  if (className === 'InputLayer') return config;
  const { batchInputShape: _batch, inputShape: _input, ...rest } = config;
  return rest;
}
