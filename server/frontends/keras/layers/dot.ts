/** Dot: products of two tensors along an axis of each, example by example. */
import type { Builder } from '../../../graph/builder';
import { square } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import { sizeOf } from '../../../protocol/tensor';
import { type LayerContext, type LayerDefinition, resolveAxis } from './definition';

function readAxes({ config, inputs, fail }: LayerContext): readonly [number, number] {
  const value = config.value('axes') ?? fail('the option axes is missing.');
  const both = Array.isArray(value) ? value : [value, value];
  return [0, 1].map((i) => resolveAxis(both[i], inputs[i].length + 1, 'axes', fail)) as [number, number];
}

/** x with the axis last and all others but the batch in one: [n, others, length]. */
function rows(b: Builder, x: Node, axis: number): Node {
  const others = x.shape.map((_, i) => i).filter((i) => i > 0 && i !== axis);
  const length = x.shape[axis];
  return b.reshape(b.transpose(x, [0, ...others, axis]), [x.shape[0], sizeOf(x.shape) / x.shape[0] / length, length]);
}

/** Keras's epsilon in the square of a norm. */
const EPSILON = 1e-12;

function normalized(b: Builder, x: Node): Node {
  const squares = b.maximum(b.reduceSum(square(b, x), [2], true), b.constant(EPSILON));
  return b.divide(x, b.sqrt(squares));
}

export const dot: LayerDefinition = {
  inputs: 'several',
  build(context) {
    const { inputs, config, fail } = context;
    if (inputs.length !== 2) fail(`it multiplies two inputs, but has ${inputs.length}.`);
    const axes = readAxes(context);
    const [left, right] = inputs;
    if (left[axes[0] - 1] !== right[axes[1] - 1]) {
      fail(`the axes it multiplies along have ${left[axes[0] - 1]} and ${right[axes[1] - 1]} elements.`);
    }
    const normalizes = config.boolean('normalize', false);
    const others = [left, right].flatMap((shape, i) => shape.filter((_, j) => j !== axes[i] - 1));
    return {
      apply({ b }, tensors) {
        const [x, y] = tensors
          .map((tensor, i) => rows(b, tensor, axes[i]))
          .map((tensor) => (normalizes ? normalized(b, tensor) : tensor));
        const shape = others.length === 0 ? [1] : others;
        return b.reshape(b.matmul(x, y, { transposeB: true }), [tensors[0].shape[0], ...shape]);
      },
      macs: () => sizeOf(others) * left[axes[0] - 1],
    };
  },
};
