/** Sums of cotangents against plain additions, and what they cost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import { gradient, jvp } from '../../../server/graph/autodiff';
import { type Builder, createBuilder } from '../../../server/graph/builder';
import { sumOfContributions } from '../../../server/graph/cotangents';
import { createProgram, reachable } from '../../../server/graph/program';
import type { Node } from '../../../server/graph/types';

const countOf = (nodes: readonly Node[], op: string) => reachable(nodes).filter((node) => node.op === op).length;

/** Values that tell places apart. */
const values = (length: number, seed: number) =>
  Float64Array.from({ length }, (_, i) => Math.sin(1 + i * 0.7 + seed * 13.1));

describe('the sum of contributions', () => {
  it('equals additions wherever the parts lie', () => {
    const EXTENT = 7;
    const range = fc.tuple(fc.nat(EXTENT - 1), fc.integer({ min: 1, max: EXTENT }), fc.constantFrom(0, 1));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 6 }), fc.boolean(), (ranges, withWhole) => {
        const b = createBuilder();
        const inputs: { [name: string]: { shape: number[]; data: Float64Array } } = {};
        const input = (shape: number[]) => {
          const name = `x${Object.keys(inputs).length}`;
          inputs[name] = { shape, data: values(shape[0] * shape[1], Object.keys(inputs).length) };
          return b.input(name, shape);
        };
        const terms = ranges.map(([begin, length, axis]) => {
          const end = Math.min(EXTENT, begin + length);
          const shape = [EXTENT, EXTENT];
          shape[axis] = end - begin;
          const before = [0, 0];
          const after = [0, 0];
          before[axis] = begin;
          after[axis] = EXTENT - end;
          return b.pad(input(shape), before, after);
        });
        if (withWhole) terms.splice(1, 0, input([EXTENT, EXTENT]));
        const plain = terms.reduce((sum, term) => b.add(sum, term));
        const { sum, expected } = interpret(
          createProgram('sums', { sum: sumOfContributions(b, terms), expected: plain }),
          inputs,
        );
        expect(sum.shape).toEqual([EXTENT, EXTENT]);
        sum.data.forEach((value, i) => {
          expect(value).toBeCloseTo(Number(expected.data[i]), 12);
        });
      }),
    );
  });

  /** Σ tanh(x_t W) v over the steps of a sequence, each cut out of it. */
  function sequence(b: Builder, steps: number) {
    const x = b.input('x', [3, steps, 2]);
    const w = b.input('w', [2, 4]);
    const outputs = Array.from({ length: steps }, (_, at) =>
      b.tanh(b.matmul(b.reshape(b.slice(x, [0, at, 0], [3, 1, 2]), [3, 2]), w)),
    );
    const loss = b.reduceSum(outputs.reduce((sum, output, at) => b.add(sum, b.multiply(output, b.constant(at + 1)))));
    return { x, w, loss };
  }

  it('puts the steps of a sequence beside each other, and takes one product for a matrix that all share', () => {
    const b = createBuilder();
    const { x, w, loss } = sequence(b, 16);
    const gradients = gradient(b, loss, [x, w]);
    expect(countOf(gradients, 'pad')).toBe(0);
    const products = reachable(gradients).filter((node) => node.op === 'matmul' && node.attributes.transposeA);
    expect(products.map(({ args }) => args.map(({ shape }) => shape))).toEqual([
      [
        [48, 2],
        [48, 4],
      ],
    ]);
  });

  it('has derivatives of its own: a Hessian-vector product equals differences of gradients', () => {
    const b = createBuilder();
    const { x, w, loss } = sequence(b, 5);
    const [ofX, ofW] = gradient(b, loss, [x, w]);
    const along = [b.input('dx', x.shape), b.input('dw', w.shape)];
    const [secondX, secondW] = jvp(b, [ofX, ofW], [x, w], along);
    const whole = createProgram('second', { ofX, ofW, secondX, secondW });
    const at = (distance: number) => {
      const [dx, dw] = [values(30, 5), values(8, 6)];
      return interpret(whole, {
        x: { shape: [3, 5, 2], data: values(30, 1).map((value, i) => value + distance * dx[i]) },
        w: { shape: [2, 4], data: values(8, 2).map((value, i) => value + distance * dw[i]) },
        dx: { shape: [3, 5, 2], data: dx },
        dw: { shape: [2, 4], data: dw },
      });
    };
    const [ahead, here, behind] = [1e-5, 0, -1e-5].map(at);
    for (const [first, second] of [
      ['ofX', 'secondX'],
      ['ofW', 'secondW'],
    ]) {
      here[second].data.forEach((value, i) => {
        const difference = (Number(ahead[first].data[i]) - Number(behind[first].data[i])) / 2e-5;
        expect(value).toBeCloseTo(difference, 6);
      });
    }
  });
});
