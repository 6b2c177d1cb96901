/** Activations as layers of their own. All but PReLU are without parameters. */
import type { Builder } from '../../../graph/builder';
import { scale } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import {
  type Activation,
  activation,
  elu,
  leakyRelu,
  minimumWith,
  resolveActivation,
  softmaxActivation,
} from '../network/activations';
import { normalizeIdentifier } from '../network/config';
import { type LayerContext, type LayerDefinition, oneInput } from './definition';

/** A layer that is nothing but its activation. */
function activationLayer(read: (context: LayerContext) => Activation): LayerDefinition {
  const definition = oneInput((context) => ({ activation: read(context), apply: (_scope, [x]) => x }));
  return { ...definition, masking: 'passes' };
}

export const activationByName: LayerDefinition = {
  ...activationLayer(({ config, fail }) => {
    const identifier = config.value('activation') ?? fail('the option activation is missing.');
    return resolveActivation(identifier, fail);
  }),
  keepsValues: ({ config }) =>
    typeof config.activation === 'string' && normalizeIdentifier(config.activation) === 'linear',
};

export const softmax = activationLayer(({ config, fail }) => softmaxActivation(config.number('axis', -1), fail));

/**
 * Keras's ReLU with its three options: `maxValue` where x is at least that, x above the threshold, and
 * negativeSlope (x - threshold) below it.
 */
function generalRelu(b: Builder, x: Node, limit: number | undefined, slope: number, threshold: number): Node {
  const above = threshold === 0 ? b.relu(x) : b.gate(b.subtract(x, b.constant(threshold)), x);
  const bounded = limit === undefined ? above : minimumWith(b, above, limit);
  if (slope === 0) return bounded;
  return b.subtract(bounded, scale(b, b.relu(b.subtract(b.constant(threshold), x)), slope));
}

export const relu = activationLayer(({ config, fail }) => {
  const limit = config.value('maxValue') === undefined ? undefined : config.number('maxValue', 0);
  const slope = config.number('negativeSlope', 0);
  const threshold = config.number('threshold', 0);
  if ((limit ?? 0) < 0 || slope < 0 || threshold < 0) fail('its options must not be negative.');
  return activation('relu', (b, x) => generalRelu(b, x, limit, slope, threshold));
});

export const leakyReluLayer = activationLayer(({ config }) => {
  // Keras 3 has renamed the option.
  const slope = config.number('negativeSlope', config.number('alpha', 0.3));
  return activation('leakyRelu', (b, x) => leakyRelu(b, x, slope));
});

export const eluLayer = activationLayer(({ config }) => {
  const alpha = config.number('alpha', 1);
  return activation('elu', (b, x) => elu(b, x, alpha));
});

/** x where x > theta, else 0. */
export const thresholdedRelu = activationLayer(({ config }) => {
  const theta = config.number('theta', 1);
  return activation('thresholdedRelu', (b, x) => b.gate(b.subtract(x, b.constant(theta)), x));
});

/** x where x > 0, else alpha x with a trained alpha for each value of an example (one for all along shared axes). */
export const parametricRelu = oneInput((context) => {
  const { config, fail } = context;
  const [input] = context.inputs;
  const sharedValue = config.value('sharedAxes') ?? [];
  const shared = Array.isArray(sharedValue) ? sharedValue : [sharedValue];
  if (shared.some((axis) => typeof axis !== 'number' || axis < 1 || axis > input.length)) {
    fail(`the option sharedAxes (${JSON.stringify(sharedValue)}) names axes its input does not have.`);
  }
  const shape = input.map((extent, i) => (shared.includes(i + 1) ? 1 : extent));
  context.parameter({ name: 'alpha', role: 'slope', shape, option: 'alpha', initializer: 'zeros' });
  return {
    apply({ b, parameter }, [x]) {
      return b.subtract(b.relu(x), b.multiply(parameter('alpha'), b.relu(b.negate(x))));
    },
  };
});
