/**
 * BatchNormalization over the last axis: gamma (x - mean) / sqrt(variance + epsilon) + beta. The mean and the (biased)
 * variance are the batch's while training and scoring, the moving ones in evaluation. As in Keras, a frozen layer always
 * uses the moving ones. While training, moving = momentum * moving + (1 - momentum) * batch.
 */
import type { Builder } from '../../../graph/builder';
import { scale, square } from '../../../graph/compose';
import { batchMean } from '../../../graph/synchronized';
import type { Node } from '../../../graph/types';
import { type CallScope, eachStep, type LayerContext } from './definition';

/** The last axis, however it is written: -1, 3 or [3]. */
function checkAxis({ config, inputs: [input], fail }: LayerContext): void {
  const value = config.value('axis') ?? -1;
  const axis = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (axis !== -1 && axis !== input.length) {
    fail(`it normalizes axis ${JSON.stringify(value)}; only the last axis (-1) is supported.`);
  }
}

/** The batch's biased variance per channel, from what batchNorm computes anyway: d = 1/sqrt(variance + epsilon). */
function batchVariance(b: Builder, x: Node, epsilon: number): Node {
  return b.subtract(b.divide(b.constant(1), square(b, b.inverseDeviation(x, epsilon))), b.constant(epsilon));
}

export const batchNormalization = eachStep((context) => {
  const { config, fail, trainable } = context;
  const [input] = context.inputs;
  if (input.length === 0) fail('its input is a single number an example, it needs at least one axis after the batch.');
  checkAxis(context);
  const channels = input[input.length - 1];
  const momentum = config.number('momentum', 0.99);
  const epsilon = config.number('epsilon', 0.001);
  const hasScale = config.boolean('scale', true);
  const hasCenter = config.boolean('center', true);
  // Keras 3 writes it always; it means something with `renorm` only, which is refused.
  config.value('renormMomentum');
  const shape = [channels];
  if (hasScale) context.parameter({ name: 'gamma', role: 'gamma', shape, option: 'gamma', initializer: 'ones' });
  if (hasCenter) context.parameter({ name: 'beta', role: 'beta', shape, option: 'beta', initializer: 'zeros' });
  const mean = { name: 'moving_mean', role: 'moving-mean', option: 'movingMean', initializer: 'zeros' } as const;
  context.parameter({ ...mean, shape });
  const variance = { name: 'moving_variance', role: 'moving-variance', option: 'movingVariance' } as const;
  context.parameter({ ...variance, shape, initializer: 'ones' });

  function update(scope: CallScope, name: string, batch: Node): void {
    const { b } = scope;
    const moved = b.add(scale(b, scope.parameter(name), momentum), scale(b, batch, 1 - momentum));
    scope.updateStatistic(name, moved);
  }

  return {
    apply(scope, [x]) {
      const { b, mode, parameter } = scope;
      const gamma = hasScale ? parameter('gamma') : b.constant(1, shape);
      const beta = hasCenter ? parameter('beta') : b.constant(0, shape);
      // Of statistics 0 and 1, as SynFlow sets them.
      if (mode === 'flow') return b.add(scale(b, b.multiply(x, gamma), 1 / Math.sqrt(1 + epsilon)), beta);
      if (mode === 'evaluate' || !trainable) {
        const factor = b.divide(gamma, b.sqrt(b.add(parameter('moving_variance'), b.constant(epsilon))));
        const shift = b.subtract(beta, b.multiply(parameter('moving_mean'), factor));
        return b.add(b.multiply(x, factor), shift);
      }
      if (mode === 'train') {
        update(scope, 'moving_mean', batchMean(b, x));
        update(scope, 'moving_variance', batchVariance(b, x, epsilon));
      }
      return b.batchNorm(x, gamma, beta, epsilon);
    },
  };
});
