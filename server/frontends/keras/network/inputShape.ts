/** The shapes of a model's inputs, from their layers' configurations. */

import { formatExtents, layerFailure } from '../../../models/failure';
import { UserError } from '../../../protocol/errors';
import type { Shape } from '../../../protocol/tensor';
import type { ConfigValue, LayerConfig, LayerDescription, ModelDescription, TensorReference } from '../description';

/** The declared shape of one example, null where a size is open; undefined where there is none. */
export function declaredShape(config: LayerConfig): readonly (number | null)[] | undefined {
  const withBatch = asShape(config.batchInputShape) ?? asShape(config.batchShape);
  return withBatch ? withBatch.slice(1) : (asShape(config.inputShape) ?? asShape(config.shape));
}

function asShape(value: ConfigValue | undefined): (number | null)[] | undefined {
  const isExtent = (extent: ConfigValue) => extent === null || (Number.isInteger(extent) && (extent as number) > 0);
  return Array.isArray(value) && value.every(isExtent) ? (value as (number | null)[]) : undefined;
}

/** The shape of one example at each of the model's inputs. A UserError where the model has none, or does not fix a size. */
export function inputShapes(description: ModelDescription): readonly Shape[] {
  const { name, file, inputs } = description;
  if (inputs.length === 0) throw new UserError(`The model '${name}' of ${file} has no input.`);
  return inputs.map((input) => inputShape(description, input));
}

function inputShape({ name, file, layers }: ModelDescription, input: TensorReference): Shape {
  const layer = declaringLayer(layers, input);
  const shape = layer && declaredShape(layer.config);
  if (!layer || !shape) {
    throw new UserError(`The model '${name}' of ${file} does not declare the shape of its input.`, {
      ...locationOf(layer ?? layers[0]),
      hint: 'Give its first layer an inputShape.',
    });
  }
  const fail = layerFailure(layer.name, layer);
  return shape.map(
    (extent) =>
      extent ??
      fail(
        `its input shape ${formatExtents(shape)} leaves a size open; all sizes but the batch must be fixed.`,
        'Give the input a full shape, for example [28, 28, 1].',
      ),
  );
}

/** The input layer itself, or (in a sequential model without one) the first layer that is called with it. */
function declaringLayer(
  layers: readonly LayerDescription[],
  { layer: name, call }: TensorReference,
): LayerDescription | undefined {
  const own = layers.find((layer) => layer.name === name);
  if (own && declaredShape(own.config)) return own;
  const isUser = (layer: LayerDescription) =>
    layer.calls.some((inputs) => inputs.some((input) => input.layer === name && input.call === call));
  return layers.find((layer) => isUser(layer) && declaredShape(layer.config)) ?? own;
}

function locationOf(layer: LayerDescription | undefined) {
  return layer && layer.source.length > 0 ? { location: layer.source[0] } : {};
}
