/** LayerNormalization: each example normalized by its own mean and biased variance over the given axes. */
import type { Builder } from '../../../graph/builder';
import { mean, square } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import { type CallScope, eachStep, type LayerContext, resolveAxis } from './definition';

/** The normalized axes, counted with the batch, ascending. */
function readAxes({ config, inputs: [input], fail }: LayerContext): number[] {
  const value = config.value('axis') ?? -1;
  const axes = [value].flat().map((axis) => resolveAxis(axis, input.length + 1, 'axis', fail));
  return [...new Set(axes)].sort((a, b) => a - b);
}

export const layerNormalization = eachStep((context) => {
  const { config } = context;
  const [input] = context.inputs;
  const axes = readAxes(context);
  const epsilon = config.number('epsilon', 0.001);
  const hasScale = config.boolean('scale', true);
  const hasCenter = config.boolean('center', true);
  const shape = axes.map((axis) => input[axis - 1]);
  /** Size 1 in the axes that share a value. */
  const spread = input.map((extent, i) => (axes.includes(i + 1) ? extent : 1));
  if (hasScale) context.parameter({ name: 'gamma', role: 'gamma', shape, option: 'gamma', initializer: 'ones' });
  if (hasCenter) context.parameter({ name: 'beta', role: 'beta', shape, option: 'beta', initializer: 'zeros' });
  const spreadParameter = ({ b, parameter }: CallScope, name: string): Node => b.reshape(parameter(name), spread);

  const normalize = (b: Builder, x: Node): Node => {
    const centered = b.subtract(x, mean(b, x, axes, true));
    const variance = mean(b, square(b, centered), axes, true);
    return b.divide(centered, b.sqrt(b.add(variance, b.constant(epsilon))));
  };

  return {
    apply(scope, [x]) {
      const { b, mode } = scope;
      const normalized = mode === 'flow' ? x : normalize(b, x);
      const scaled = hasScale ? b.multiply(normalized, spreadParameter(scope, 'gamma')) : normalized;
      return hasCenter ? b.add(scaled, spreadParameter(scope, 'beta')) : scaled;
    },
  };
});
