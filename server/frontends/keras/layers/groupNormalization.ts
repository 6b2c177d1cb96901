/** GroupNormalization: each example normalized within groups of channels (Wu and He 2018). */
import type { Builder } from '../../../graph/builder';
import { mean, square } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import { eachStep } from './definition';

export const groupNormalization = eachStep((context) => {
  const { config, fail } = context;
  const [input] = context.inputs;
  const axis = [config.value('axis') ?? -1].flat()[0];
  if (axis !== -1 && axis !== input.length) {
    fail(`it normalizes axis ${JSON.stringify(axis)}; only the last axis (-1) is supported.`);
  }
  const channels = input[input.length - 1];
  const asked = config.integer('groups', -1, 32);
  // Keras: -1 is a group for each channel.
  const groups = asked === -1 ? channels : asked;
  if (groups < 1 || channels % groups !== 0) fail(`${channels} channels cannot be divided into ${groups} groups.`);
  const epsilon = config.number('epsilon', 0.001);
  const hasScale = config.boolean('scale', true);
  const hasCenter = config.boolean('center', true);
  const shape = [channels];
  if (hasScale) context.parameter({ name: 'gamma', role: 'gamma', shape, option: 'gamma', initializer: 'ones' });
  if (hasCenter) context.parameter({ name: 'beta', role: 'beta', shape, option: 'beta', initializer: 'zeros' });
  const normalize = (b: Builder, x: Node): Node => {
    const leading = x.shape.slice(0, -1);
    const grouped = b.reshape(x, [...leading, groups, channels / groups]);
    // All axes of a group: those between batch and channels, and the channels within the group.
    const axes = grouped.shape.map((_, i) => i).filter((i) => i > 0 && i !== leading.length);
    const centered = b.subtract(grouped, mean(b, grouped, axes, true));
    const variance = mean(b, square(b, centered), axes, true);
    return b.reshape(b.divide(centered, b.sqrt(b.add(variance, b.constant(epsilon)))), x.shape);
  };

  return {
    apply({ b, mode, parameter }, [x]) {
      const normalized = mode === 'flow' ? x : normalize(b, x);
      const scaled = hasScale ? b.multiply(normalized, parameter('gamma')) : normalized;
      return hasCenter ? b.add(scaled, parameter('beta')) : scaled;
    },
  };
});
