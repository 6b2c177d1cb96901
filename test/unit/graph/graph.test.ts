/** Building programs: shape errors, sharing, simplification, dead code, printing; and that simplifying changes nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import { gradient, jvp, vjp } from '../../../server/graph/autodiff';
import { type Builder, createBuilder } from '../../../server/graph/builder';
import { logSoftmax, softmax, softmaxCrossEntropy, square } from '../../../server/graph/compose';
import { createProgram, printProgram } from '../../../server/graph/program';
import { ShapeError } from '../../../server/graph/shapes';
import type { Node } from '../../../server/graph/types';

const plain = { strides: [1, 1], padding: [0, 0, 0, 0], dilations: [1, 1], groups: 1 } as const;

describe('building', () => {
  it('refuses shapes that do not fit, saying which', () => {
    const b = createBuilder();
    const x = b.input('x', [2, 3]);
    const image = b.input('image', [1, 4, 4, 3]);
    expect(() => b.add(x, b.input('y', [2, 4]))).toThrow('add: shapes [2, 3] and [2, 4] do not broadcast');
    expect(() => b.matmul(x, x)).toThrow(ShapeError);
    expect(() => b.conv2d(image, b.input('k', [3, 3, 2, 5]), plain)).toThrow('does not fit an input of 3 channels');
    expect(() => b.conv2d(image, b.input('wide', [5, 5, 3, 5]), plain)).toThrow('a window of 5 does not fit into 4');
    expect(() => b.reshape(x, [7])).toThrow('[2, 3] does not have the 7 elements of [7]');
    expect(() => b.slice(x, [0, 2], [2, 2])).toThrow('outside [2, 3]');
    expect(() => b.oneHot(x, 3)).toThrow('not int32');
    expect(() => b.reduceSum(x, [1, 0])).toThrow('axes');
    expect(() => b.input('x', [9])).toThrow('declared twice');
  });

  it('gives equal expressions one node', () => {
    const b = createBuilder();
    const x = b.input('x', [2, 3]);
    expect(b.tanh(b.add(x, b.constant(1)))).toBe(b.tanh(b.add(x, b.constant(1))));
    expect(b.reduceSum(x, [0])).not.toBe(b.reduceSum(x, [1]));
  });

  it('folds constants and neutral elements', () => {
    const b = createBuilder();
    const x = b.input('x', [2, 3]);
    const zero = b.constant(0);
    expect(b.add(x, zero)).toBe(x);
    expect(b.multiply(x, b.constant(1))).toBe(x);
    expect(b.subtract(x, zero)).toBe(x);
    expect(b.negate(b.negate(x))).toBe(x);
    expect(b.reshape(b.reshape(x, [6]), [2, 3])).toBe(x);
    expect(b.transpose(b.transpose(x, [1, 0]), [1, 0])).toBe(x);
    expect(b.multiply(x, zero)).toMatchObject({ op: 'constant', shape: [2, 3], attributes: { value: 0 } });
    expect(b.matmul(x, b.constant(0, [3, 4]))).toMatchObject({ op: 'constant', shape: [2, 4] });
    expect(b.reduceSum(b.constant(2, [2, 3]))).toMatchObject({ op: 'constant', attributes: { value: 12 }, shape: [] });
  });

  it('leaves out what no output needs', () => {
    const b = createBuilder();
    const x = b.input('x', [2]);
    b.exp(b.input('unused', [2]));
    const program = createProgram('p', { y: b.tanh(x) });
    expect(program.nodes.map(({ op }) => op)).toEqual(['input', 'tanh']);
    expect(program.inputs.map(({ attributes }) => attributes.name)).toEqual(['x']);
  });

  it('prints a program', () => {
    const b = createBuilder();
    const y = b.reduceSum(b.tanh(b.input('x', [2, 3])), [1]);
    expect(printProgram(createProgram('p', { y }))).toBe(
      [
        'program p {',
        '  %0 = input() [2, 3] {"name":"x"}',
        '  %1 = tanh(%0) [2, 3]',
        '  %2 = reduceSum(%1) [2] {"axes":[1],"keepDims":false}',
        '  return y: %2',
        '}',
      ].join('\n'),
    );
  });
});

/** Random expressions over [2, 3] values with many constants, so that the simplifier has something to do. */
type Expression = (b: Builder, x: Node, y: Node) => Node;
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.constant<Expression>((_b, x) => x),
  fc.constant<Expression>((_b, _x, y) => y),
  fc.constantFrom(0, 1, -1, 0.5, 2).map(
    (value): Expression =>
      (b) =>
        b.constant(value, [2, 3]),
  ),
  fc.constantFrom(0, 1, 2).map(
    (value): Expression =>
      (b) =>
        b.constant(value),
  ),
);
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom('add', 'subtract', 'multiply', 'gate', 'maximum'), tie('expression'), tie('expression'))
      .map(
        ([op, f, g]): Expression =>
          (b, x, y) =>
            b[op as 'add'](f(b, x, y), g(b, x, y)),
      ),
    fc.tuple(fc.constantFrom('negate', 'tanh', 'relu', 'sigmoid'), tie('expression')).map(
      ([op, f]): Expression =>
        (b, x, y) =>
          b[op as 'tanh'](f(b, x, y)),
    ),
  ),
}));

/** The same operations in plain numbers, without a builder. */
const numbers = {
  constant: (value: number) => value,
  add: (a: number, c: number) => a + c,
  subtract: (a: number, c: number) => a - c,
  multiply: (a: number, c: number) => a * c,
  gate: (a: number, c: number) => (a > 0 ? c : 0),
  maximum: Math.max,
  negate: (a: number) => -a,
  tanh: Math.tanh,
  relu: (a: number) => Math.max(a, 0),
  sigmoid: (a: number) => 1 / (1 + Math.exp(-a)),
} as unknown as Builder;

const xs = [0.3, -1.2, 2, -0.1, 0.7, 1.1];
const ys = [1.5, 0.2, -0.4, 0.9, -2, 0.6];
const inputs = {
  x: { shape: [2, 3], data: Float64Array.from(xs) },
  y: { shape: [2, 3], data: Float64Array.from(ys) },
};

describe('simplification', () => {
  it('never changes what an expression computes', () => {
    fc.assert(
      fc.property(expression, (build) => {
        const b = createBuilder();
        const result = b.add(build(b, b.input('x', [2, 3]), b.input('y', [2, 3])), b.constant(0, [2, 3]));
        const { data } = interpret(createProgram('p', { result }), inputs).result;
        xs.forEach((x, i) => {
          const expected = build(numbers, x as unknown as Node, ys[i] as unknown as Node) as unknown as number;
          expect(data[i]).toBeCloseTo(expected, 10);
        });
      }),
    );
  });
});

describe('differentiation', () => {
  it('gives the Hessian-vector product that eager second derivatives get wrong', () => {
    const b = createBuilder();
    const w = b.input('w', [3]);
    const t = b.input('t', [3]);
    const loss = b.reduceSum(b.add(b.tanh(w), square(b, w)));
    const [product] = jvp(b, gradient(b, loss, [w]), [w], [t]);
    const values = {
      w: { shape: [3], data: Float64Array.of(0.3, -0.8, 0.5) },
      t: { shape: [3], data: Float64Array.of(1, 1, 1) },
    };
    const { data } = interpret(createProgram('p', { product }), values).product;
    [0.3, -0.8, 0.5].forEach((x, i) => {
      expect(data[i]).toBeCloseTo(2 - 2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2), 12);
    });
  });

  it('agrees between the two modes on composed functions', () => {
    for (const f of [logSoftmax, softmax]) {
      const b = createBuilder();
      const x = b.input('x', [2, 3]);
      const y = b.input('y', [2, 3]);
      const [forward] = jvp(b, [f(b, x)], [x], [y]);
      const [reverse] = vjp(b, [f(b, x)], [y], [x]);
      const results = interpret(
        createProgram('p', { a: b.reduceSum(b.multiply(forward, x)), c: b.reduceSum(b.multiply(reverse, y)) }),
        inputs,
      );
      const again = interpret(
        createProgram('q', {
          a: b.reduceSum(b.multiply(vjp(b, [f(b, x)], [x], [x])[0], y)),
          c: b.reduceSum(b.multiply(jvp(b, [f(b, x)], [x], [y])[0], y)),
        }),
        inputs,
      );
      expect(results.a.data[0]).toBeCloseTo(again.a.data[0], 12);
      expect(results.c.data[0]).toBeCloseTo(again.c.data[0], 12);
    }
  });

  it('gives softmax minus target for cross-entropy', () => {
    const b = createBuilder();
    const x = b.input('x', [2, 3]);
    const targets = b.oneHot(b.literal(Int32Array.of(2, 0), [2]), 3);
    const [g] = gradient(b, softmaxCrossEntropy(b, x, targets), [x]);
    const expected = b.multiply(b.subtract(softmax(b, x), targets), b.constant(0.5));
    const results = interpret(createProgram('p', { g, expected }), inputs);
    results.g.data.forEach((value, i) => {
      expect(value).toBeCloseTo(results.expected.data[i], 12);
    });
  });
});
