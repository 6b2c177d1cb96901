/** Layers that merge several tensors. */
import type { Builder } from '../../../graph/builder';
import { scale } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import type { LayerContext, LayerDefinition } from './definition';

type Combine = (b: Builder, left: Node, right: Node) => Node;

function checkCount({ inputs, fail }: LayerContext): void {
  if (inputs.length < 2) fail(`it merges at least two inputs, but has ${inputs.length}.`);
}

/** Tensors of one rank: where one has fewer axes, Keras adds axes of size 1 after the batch. */
function alignRanks(b: Builder, inputs: readonly Node[]): readonly Node[] {
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  return inputs.map((input) => {
    const [n, ...rest] = input.shape;
    const added = Array.from({ length: rank - input.shape.length }, () => 1);
    return b.reshape(input, [n, ...added, ...rest]);
  });
}

/** Elementwise, from left to right, with broadcasting. */
function elementwise(combine: Combine, finish?: (b: Builder, sum: Node, count: number) => Node): LayerDefinition {
  return {
    inputs: 'several',
    masking: 'passes',
    build(context) {
      checkCount(context);
      return {
        apply({ b }, inputs) {
          const merged = alignRanks(b, inputs).reduce((left, right) => combine(b, left, right));
          return finish ? finish(b, merged, inputs.length) : merged;
        },
      };
    },
  };
}

export const add = elementwise((b, left, right) => b.add(left, right));
export const multiply = elementwise((b, left, right) => b.multiply(left, right));
export const maximum = elementwise((b, left, right) => b.maximum(left, right));
export const minimum = elementwise((b, left, right) => b.negate(b.maximum(b.negate(left), b.negate(right))));
export const average = elementwise(
  (b, left, right) => b.add(left, right),
  (b, sum, count) => scale(b, sum, 1 / count),
);

const difference = elementwise((b, left, right) => b.subtract(left, right));
export const subtract: LayerDefinition = {
  inputs: 'several',
  masking: 'passes',
  build(context) {
    if (context.inputs.length !== 2) context.fail(`it subtracts two inputs, but has ${context.inputs.length}.`);
    return difference.build(context);
  },
};

export const concatenate: LayerDefinition = {
  inputs: 'several',
  masking: 'passes',
  build(context) {
    checkCount(context);
    const { config, inputs, fail } = context;
    const rank = inputs[0].length + 1;
    const value = config.number('axis', -1);
    const axis = value < 0 ? value + rank : value;
    if (!Number.isInteger(axis) || axis < 1 || axis >= rank) {
      fail(`the option axis (${value}) is not an axis of its inputs after the batch.`);
    }
    return { apply: ({ b }, tensors) => b.concat(tensors, axis) };
  },
};
