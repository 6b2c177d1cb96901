/** Declaring a layer's parameters from its configuration. */

import { formatExtents } from '../../../models/failure';
import { storedAs } from '../../../models/stored';
import { isStatistic, type Parameter } from '../../../models/types';
import { sizeOf } from '../../../protocol/tensor';
import { createRandom } from '../../../random';
import type { LayerDescription } from '../description';
import type { ParameterRequest } from '../layers/definition';
import type { ConfigReader } from './config';
import { resolveInitializer } from './initializers';
import type { LayerInstance } from './instances';
import { resolveRegularizer } from './regularizers';

/** A parameter with its penalty. */
export interface DeclaredParameter extends Parameter {
  readonly shortName: string;
}

/**
 * What files call the parameter, where that is another name: kernels of depthwise convolutions are kernels in Keras 3; TensorFlow.js
 * and some files of Keras leave out the cell of a recurrent layer, and the layer that a TimeDistributed repeats.
 */
function aliasesOf({ name, description }: LayerInstance, shortName: string): string[] {
  if (description.className === 'DepthwiseConv2D' && shortName === 'depthwise_kernel') return [`${name}/kernel`];
  const parts = shortName.split('/');
  const isLeftOut = (part: string, i: number) =>
    part.endsWith('_cell') || (description.className === 'TimeDistributed' && i === parts.length - 2);
  const shorter = parts.filter((part, i) => !isLeftOut(part, i));
  return shorter.length < parts.length ? [`${name}/${shorter.join('/')}`] : [];
}

/**
 * The name under which a layer's description has the values of a parameter. TensorFlow.js leaves out the innermost layer that it
 * belongs to: `memory/kernel` is what Keras calls `memory/lstm_cell/kernel`.
 */
export function givenName({ weights = {} }: Pick<LayerDescription, 'weights'>, shortName: string): string {
  const parts = shortName.split('/');
  const shorter = [...parts.slice(0, -2), ...parts.slice(-1)].join('/');
  return !(shortName in weights) && parts.length > 1 && shorter in weights ? shorter : shortName;
}

/** The parameter a layer requests. Unsupported initializers, regularizers and constraints are UserErrors. */
export function declareParameter(
  layer: LayerInstance,
  layerConfig: ConfigReader,
  request: ParameterRequest,
): DeclaredParameter {
  const config = request.config ?? layerConfig;
  const { description, fail } = layer;
  const { name: shortName, role, shape, outputAxis, inputAxes, option, adjust } = request;
  const constraint = config.value(`${option}Constraint`);
  if (constraint !== undefined) {
    fail(`the option ${option}Constraint is not supported.`, 'Remove the constraint; regularizers are supported.');
  }
  const name = `${layer.name}/${shortName}`;
  const initializer = resolveInitializer(config.value(`${option}Initializer`) ?? request.initializer, shape, fail);
  const regularizer = resolveRegularizer(config.value(`${option}Regularizer`), fail);
  const given = description.weights?.[givenName(description, shortName)];
  if (given && formatExtents(given.shape) !== formatExtents(shape)) {
    fail(`the values of ${shortName} have the shape ${formatExtents(given.shape)}, not ${formatExtents(shape)}.`);
  }
  const isFrozen = !layer.trainable || description.frozen?.includes(shortName) === true;
  const trainable = !isFrozen && !isStatistic(request) && role !== 'fixed';
  const aliases = aliasesOf(layer, shortName);
  const variable = description.variables?.[shortName];
  return {
    name,
    shortName,
    layer: layer.name,
    role,
    shape,
    ...(outputAxis !== undefined && { outputAxis }),
    ...(inputAxes && { inputAxes }),
    ...(aliases.length > 0 && { aliases }),
    ...(variable !== undefined && variable !== name && { stored: { ...storedAs({ name, shape }), name: variable } }),
    trainable,
    prunable: trainable && role === 'kernel',
    ...(regularizer && { regularizer }),
    initialize(seed) {
      if (given) return Float32Array.from(given.data);
      const values = new Float32Array(sizeOf(shape));
      initializer(values, createRandom(seed, 'initialization', name));
      adjust?.(values);
      return values;
    },
  };
}
