/** Layers that move values without changing them: flatten, reshape, permute, zero padding, cropping. */

import { formatExtents } from '../../../models/failure';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import type { ConfigValue } from '../description';
import { imageChannels, type LayerContext, type LayerDefinition, oneInput } from './definition';

export const flatten: LayerDefinition = {
  ...oneInput(({ config, fail }) => {
    if (config.choice('dataFormat', ['channelsLast', 'channelsFirst'], 'channelsLast') === 'channelsFirst') {
      fail('the data format channelsFirst is not supported.', "Use 'channelsLast'.");
    }
    return { apply: ({ b }, [x]) => b.reshape(x, [x.shape[0], sizeOf(x.shape) / x.shape[0]]) };
  }),
  keepsValues: () => true,
};

/** The target shape of a Reshape, one unknown size (-1 or null) being what is left. */
function resolveTarget({ config, inputs: [input], fail }: LayerContext): Shape {
  const value = config.value('targetShape') ?? fail('the option targetShape is missing.');
  const target = (Array.isArray(value) ? value : [value]).map((extent) => extent ?? -1);
  const isExtent = (extent: ConfigValue): extent is number => Number.isInteger(extent) && (extent as number) >= -1;
  const unknown = target.filter((extent) => extent === -1).length;
  if (!target.every(isExtent) || unknown > 1) {
    return fail(`the option targetShape (${JSON.stringify(value)}) must be sizes, at most one of them -1.`);
  }
  const known = sizeOf(target.filter((extent) => extent !== -1));
  const shape = target.map((extent) => (extent === -1 ? sizeOf(input) / known : extent));
  if (sizeOf(shape) !== sizeOf(input) || !shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
    fail(`its input of shape ${formatExtents(input)} cannot be reshaped to ${formatExtents(target)}.`);
  }
  return shape;
}

export const reshape: LayerDefinition = {
  ...oneInput((context) => {
    const target = resolveTarget(context);
    return { apply: ({ b }, [x]) => b.reshape(x, [x.shape[0], ...target]) };
  }),
  fixedShape: true,
  keepsValues: () => true,
};

export const permute = oneInput(({ config, inputs: [input], fail }) => {
  const dims = config.value('dims') ?? fail('the option dims is missing.');
  const isPermutation =
    Array.isArray(dims) && dims.length === input.length && input.every((_, i) => dims.includes(i + 1));
  if (!isPermutation) {
    return fail(`the option dims (${JSON.stringify(dims)}) is no permutation of 1 to ${input.length}.`);
  }
  const permutation = [0, ...(dims as number[])];
  return { apply: ({ b }, [x]) => b.transpose(x, permutation) };
});

/** `[[top, bottom], [left, right]]` of an option in any of Keras's forms: 1, [1, 2], [[1, 1], [2, 2]]. */
function readSides({ config, fail }: LayerContext, option: string, fallback: ConfigValue): number[][] {
  const value = config.value(option) ?? fallback;
  const perAxis: ConfigValue[] = Array.isArray(value) ? value : [value, value];
  const sides = perAxis.map((side) => (Array.isArray(side) ? side : [side, side]));
  const fits =
    sides.length === 2 &&
    sides.every((side) => side.length === 2 && side.every((size) => Number.isInteger(size) && (size as number) >= 0));
  return fits ? (sides as number[][]) : fail(`the option ${option} (${JSON.stringify(value)}) is not understood.`);
}

export const zeroPadding = oneInput((context) => {
  imageChannels(context);
  const [[top, bottom], [left, right]] = readSides(context, 'padding', 1);
  return { apply: ({ b }, [x]) => b.pad(x, [0, top, left, 0], [0, bottom, right, 0]) };
});

export const cropping = oneInput((context) => {
  const [height, width] = [context.inputs[0][0], context.inputs[0][1]];
  const channels = imageChannels(context);
  const [[top, bottom], [left, right]] = readSides(context, 'cropping', 0);
  const [rows, columns] = [height - top - bottom, width - left - right];
  if (rows < 1 || columns < 1) {
    context.fail(`it crops ${top + bottom} rows and ${left + right} columns of an image of ${height}x${width}.`);
  }
  return { apply: ({ b }, [x]) => b.slice(x, [0, top, left, 0], [x.shape[0], rows, columns, channels]) };
});
