/** Dense: x W + b over the last axis, whatever the rank. */
import { type Shape, sizeOf } from '../../../protocol/tensor';
import { resolveActivation } from '../network/activations';
import { declareBias, eachStep } from './definition';

export const dense = eachStep((context) => {
  const { config, fail } = context;
  const [input] = context.inputs;
  if (input.length === 0) fail('its input is a single number an example, it needs at least one axis after the batch.');
  const units = config.integer('units', 1);
  const inputs = input[input.length - 1];
  context.parameter({
    name: 'kernel',
    role: 'kernel',
    shape: [inputs, units],
    option: 'kernel',
    initializer: 'glorotUniform',
  });
  const addBias = declareBias(context, units);
  return {
    activation: resolveActivation(config.value('activation'), fail),
    apply(scope, [x]) {
      const { b } = scope;
      const kernel = scope.parameter('kernel');
      if (x.shape.length === 2) return addBias(scope, b.matmul(x, kernel));
      const features = x.shape[x.shape.length - 1];
      const rows = b.reshape(x, [sizeOf(x.shape) / features, features]);
      return addBias(scope, b.reshape(b.matmul(rows, kernel), [...x.shape.slice(0, -1), units]));
    },
    macs: (_input: Shape, output: Shape) => sizeOf(output) * inputs,
  };
});
