/** Rescaling and Normalization: fixed affine functions of the input. */

import { formatExtents } from '../../../models/failure';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import type { ConfigValue } from '../description';
import { eachStep, type LayerContext, resolveAxis } from './definition';

/** One number, or one for each channel, as a table that broadcasts over the input. */
function readFactors({ config, inputs: [input], fail }: LayerContext, option: string, fallback: number): Float64Array {
  const value = config.value(option) ?? fallback;
  const values = [value].flat(3);
  const channels = input[input.length - 1];
  const fits = values.every((one) => typeof one === 'number') && (values.length === 1 || values.length === channels);
  if (!fits)
    fail(`the option ${option} (${JSON.stringify(value)}) must be a number, or one for each of ${channels} channels.`);
  return Float64Array.from(values as number[]);
}

/** x scale + offset. */
export const rescaling = eachStep((context) => {
  const factors = readFactors(context, 'scale', 1);
  const offsets = readFactors(context, 'offset', 0);
  return {
    apply({ b, mode }, [x]) {
      if (mode === 'flow') return x;
      const table = (values: Float64Array) =>
        values.length === 1 ? b.constant(values[0]) : b.literal(values, [values.length]);
      return b.add(b.multiply(x, table(factors)), table(offsets));
    },
  };
});

/** The axes that have statistics of their own, counted with the batch. */
function readAxes({ config, inputs: [input], fail }: LayerContext): number[] {
  const value = config.value('axis') ?? (input.length === 0 ? [] : -1);
  return [value].flat().map((axis) => resolveAxis(axis, input.length + 1, 'axis', fail));
}

function numbersIn(value: ConfigValue): number[] {
  return ([value].flat(8) as ConfigValue[]).map(Number);
}

/**
 * (x - mean) / sqrt(variance), from given statistics, or from those that `adapt` has put into the weights: such a layer needs
 * them with the model. `invert` goes back. As in Keras the deviation is at least epsilon.
 */
export const normalization = eachStep((context) => {
  const { config, inputs, fail } = context;
  const [input] = inputs;
  const axes = readAxes(context);
  const shape: Shape = axes.map((axis) => input[axis - 1]);
  const spread = input.map((extent, i) => (axes.includes(i + 1) ? extent : 1));
  const invert = config.boolean('invert', false);
  const mean = config.value('mean');
  const variance = config.value('variance');
  if ((mean === undefined) !== (variance === undefined)) fail('the options mean and variance must both be given.');
  const table = (value: ConfigValue, option: string) => {
    const values = numbersIn(value);
    if (values.length === 1) return new Float64Array(sizeOf(spread)).fill(values[0]);
    if (values.length === sizeOf(spread)) return Float64Array.from(values);
    return fail(`the option ${option} has ${values.length} values for the shape ${formatExtents(shape)}.`);
  };
  const given = mean !== undefined && [table(mean, 'mean'), table(variance!, 'variance')];
  if (!given) {
    const statistic = { role: 'fixed', shape } as const;
    context.parameter({ ...statistic, name: 'mean', option: 'mean', initializer: 'zeros' });
    context.parameter({ ...statistic, name: 'variance', option: 'variance', initializer: 'ones' });
  }
  return {
    apply({ b, mode, parameter }, [x]) {
      if (mode === 'flow') return x;
      const [center, width] = given
        ? given.map((values) => b.literal(values, spread))
        : ['mean', 'variance'].map((name) => b.reshape(parameter(name), spread));
      const deviation = b.maximum(b.sqrt(width), b.constant(SMALLEST_DEVIATION));
      return invert ? b.add(b.multiply(x, deviation), center) : b.divide(b.subtract(x, center), deviation);
    },
  };
});

/** Keras's epsilon. */
const SMALLEST_DEVIATION = 1e-7;
