/** What devices compute together, on the reference, where the sum over one device is the value itself. */
import { describe, expect, it } from 'vitest';
import { partOfTensor } from '../../../server/executors/deviceGroup';
import { interpret } from '../../../server/executors/reference';
import { gradient, jvp } from '../../../server/graph/autodiff';
import { type Builder, createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { batchMean, overDevices, synchronized } from '../../../server/graph/synchronized';
import type { Node } from '../../../server/graph/types';
import { intTensor, type Shape, sizeOf } from '../../../server/protocol/tensor';
import { createRandom } from '../../../server/random';
import { relativeError } from '../../support/networks';

function values(shape: Shape, name: string) {
  const drawn = new Float32Array(sizeOf(shape));
  createRandom(3, name).fillNormal(drawn, 0.5, 1);
  return { shape, data: Float64Array.from(drawn) };
}

const SHAPES: { readonly [name: string]: Shape } = { x: [4, 3, 3, 2], gamma: [2], beta: [2], tangent: [4, 3, 3, 2] };
const INPUTS = Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, values(shape, name)]));

/** Batch normalization, its gradients, and the derivative of those along a tangent of x. */
function normalization(b: Builder) {
  const [x, gamma, beta, tangent] = Object.entries(SHAPES).map(([name, shape]) => b.input(name, shape));
  const y = b.batchNorm(x, gamma, beta, 1e-3);
  const loss = b.reduceSum(b.multiply(b.sigmoid(y), y));
  const gradients = gradient(b, loss, [x, gamma, beta]);
  const second = jvp(b, gradients, [x], [tangent]);
  const mean = batchMean(b, x);
  const all: readonly Node[] = [y, mean, b.inverseDeviation(x, 1e-3), ...gradients, ...second];
  return createProgram('normalization', Object.fromEntries(all.map((node, i) => [`${i}`, node])));
}

describe('batch normalization over devices', () => {
  it('has the values and derivatives of the operation, in both orders, where one device has all', () => {
    const actual = interpret(normalization(synchronized(createBuilder(), 1)), INPUTS);
    const expected = interpret(normalization(createBuilder()), INPUTS);
    for (const [name, { data }] of Object.entries(expected)) {
      expect(relativeError(actual[name].data, data), name).toBeLessThan(1e-12);
    }
  });

  it('is of as many values as the devices have', () => {
    const program = normalization(synchronized(createBuilder(), 2));
    const mean = interpret(program, INPUTS)['1'];
    const alone = interpret(normalization(createBuilder()), INPUTS)['1'];
    // One device out of two sees its half of the sum.
    expect(relativeError(mean.data, alone.data.map((value) => value / 2) as Float64Array)).toBeLessThan(1e-12);
    expect(program.nodes.filter(({ op }) => op === 'deviceSum').length).toBeGreaterThan(2);
  });
});

describe('sums over devices', () => {
  it('are one, and leave every tensor its shape and place', () => {
    const b = createBuilder();
    const shapes: readonly Shape[] = [[2, 3, 4, 5], [6], [], [2, 2]];
    const nodes = shapes.map((shape, i) => b.input(`${i}`, shape));
    const { means, sums } = overDevices(b, 2, { means: nodes.slice(0, 3), sums: nodes.slice(3) });
    const program = createProgram('sums', Object.fromEntries([...means, ...sums].map((node, i) => [`${i}`, node])));
    expect(program.nodes.filter(({ op }) => op === 'deviceSum')).toHaveLength(1);
    const inputs = Object.fromEntries(shapes.map((shape, i) => [`${i}`, values(shape, `${i}`)]));
    const results = interpret(program, inputs);
    for (const [i, shape] of shapes.entries()) {
      const factor = i < means.length ? 0.5 : 1;
      expect(results[i].shape).toEqual(shape);
      expect([...results[i].data]).toEqual([...inputs[i].data].map((value) => value * factor));
    }
  });

  it('need nothing but means', () => {
    const b = createBuilder();
    const { means, sums } = overDevices(b, 4, { means: [b.input('x', [2])], sums: [] });
    expect(means[0].shape).toEqual([2]);
    expect(sums).toEqual([]);
  });
});

it('parts of a tensor are cut along any axis', () => {
  const tensor = intTensor(
    [2, 4],
    Int32Array.from({ length: 8 }, (_, i) => i),
  );
  expect(partOfTensor(tensor, 0, 1, 2)).toMatchObject({ shape: [1, 4], data: Int32Array.of(4, 5, 6, 7) });
  expect(partOfTensor(tensor, 1, 1, 2)).toMatchObject({ shape: [2, 2], data: Int32Array.of(2, 3, 6, 7) });
});
