/**
 * One or more cases for every graph operation, independent of executors: how to apply it and to what. The derivative
 * tests and every executor's parity test run over this list.
 */

import { jvp, vjp } from '../../server/graph/autodiff';
import { type Builder, createBuilder } from '../../server/graph/builder';
import { createProgram } from '../../server/graph/program';
import type { Node, OpName, Program } from '../../server/graph/types';
import { type DType, floatTensor, type HostTensor, intTensor, type Shape, sizeOf } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';

export interface Argument {
  readonly shape: Shape;
  readonly dtype?: DType;
  /** Values are uniform in this range, [-2, 2) by default; integers below the upper bound for int32. */
  readonly range?: readonly [number, number];
}

export interface OpCase {
  readonly name: string;
  readonly op: OpName;
  readonly args: readonly Argument[];
  apply(b: Builder, args: readonly Node[]): Node;
}

type Shapes = readonly (Shape | Argument)[];

function opCase(op: OpName, detail: string, shapes: Shapes, apply: OpCase['apply']): OpCase {
  const args = shapes.map((entry) => ('shape' in entry ? entry : { shape: entry }));
  return { name: detail ? `${op}: ${detail}` : op, op, args, apply };
}

const positive = (shape: Shape): Argument => ({ shape, range: [0.3, 3] });
const indices = (shape: Shape, below: number): Argument => ({ shape, dtype: 'int32', range: [0, below] });

const unary = (
  ['negate', 'exp', 'tanh', 'sigmoid', 'softplus', 'erf', 'abs', 'sign', 'relu', 'stopGradient', 'deviceSum'] as const
).map((op) => opCase(op, '', [[2, 3, 4]], (b, [x]) => b[op](x)));

const broadcasts: readonly (readonly [string, Shape, Shape])[] = [
  ['equal shapes', [2, 3, 4], [2, 3, 4]],
  ['per channel', [2, 3, 3, 4], [4]],
  ['per channel, first argument', [4], [2, 3, 3, 4]],
  ['scalar', [3, 4], []],
  ['both sides', [3, 1, 4], [5, 1]],
  ['per example', [2, 3, 3, 4], [2, 1, 1, 1]],
];

const binary = (['add', 'subtract', 'multiply', 'divide', 'maximum', 'gate', 'greater', 'equal'] as const).flatMap(
  (op) =>
    broadcasts.map(([detail, a, c]) =>
      opCase(op, detail, [a, op === 'divide' ? positive(c) : c], (b, [x, y]) => b[op](x, y)),
    ),
);

const geometry = (
  strides: [number, number] = [1, 1],
  padding: [number, number, number, number] = [0, 0, 0, 0],
  dilations: [number, number] = [1, 1],
  groups = 1,
) => ({ strides, padding, dilations, groups });

const convolutions = [
  { detail: '3x3 same', x: [2, 6, 5, 3], kernel: [3, 3, 3, 4], ...geometry([1, 1], [1, 1, 1, 1]) },
  { detail: '3x3 valid', x: [2, 6, 5, 3], kernel: [3, 3, 3, 4], ...geometry() },
  { detail: '1x1', x: [2, 4, 5, 3], kernel: [1, 1, 3, 5], ...geometry() },
  { detail: '1x1 stride 2', x: [2, 6, 5, 3], kernel: [1, 1, 3, 5], ...geometry([2, 2]) },
  {
    detail: '3x3 stride 2 same, asymmetric padding',
    x: [2, 8, 7, 3],
    kernel: [3, 3, 3, 4],
    ...geometry([2, 2], [0, 1, 1, 1]),
  },
  { detail: '5x5 stride 2', x: [2, 11, 9, 2], kernel: [5, 5, 2, 6], ...geometry([2, 2], [2, 2, 2, 2]) },
  { detail: '2x3 stride 3x2, rows left over', x: [2, 9, 8, 2], kernel: [2, 3, 2, 3], ...geometry([3, 2]) },
  { detail: 'dilation 2', x: [2, 8, 9, 2], kernel: [3, 3, 2, 3], ...geometry([1, 1], [2, 2, 2, 2], [2, 2]) },
  {
    detail: 'dilation 2x1, stride 2',
    x: [2, 9, 8, 2],
    kernel: [3, 2, 2, 3],
    ...geometry([2, 2], [1, 0, 0, 1], [2, 1]),
  },
  { detail: '2 groups', x: [2, 6, 5, 4], kernel: [3, 3, 2, 6], ...geometry([1, 1], [1, 1, 1, 1], [1, 1], 2) },
  { detail: 'depthwise', x: [2, 6, 5, 4], kernel: [3, 3, 1, 4], ...geometry([1, 1], [1, 1, 1, 1], [1, 1], 4) },
  {
    detail: 'depthwise, multiplier 2, stride 2',
    x: [2, 7, 6, 3],
    kernel: [3, 3, 1, 6],
    ...geometry([2, 2], [1, 1, 0, 1], [1, 1], 3),
  },
  { detail: 'padding wider than the kernel', x: [1, 3, 3, 2], kernel: [2, 2, 2, 2], ...geometry([1, 1], [3, 0, 0, 2]) },
] as const;

/** Output shape of a convolution case, found by building it. */
function outputShape(x: Shape, kernel: Shape, g: ReturnType<typeof geometry>): Shape {
  const b = createBuilder();
  return b.conv2d(b.input('x', x), b.input('kernel', kernel), g).shape;
}

const convolution = convolutions.flatMap(({ detail, x, kernel, strides, padding, dilations, groups }) => {
  const g = geometry([...strides], [...padding], [...dilations], groups);
  const y = outputShape(x, kernel, g);
  return [
    opCase('conv2d', detail, [x, kernel], (b, [u, k]) => b.conv2d(u, k, g)),
    opCase('conv2dInputGradient', detail, [y, kernel], (b, [v, k]) => b.conv2dInputGradient(v, k, g, x)),
    opCase('conv2dKernelGradient', detail, [x, y], (b, [u, v]) => b.conv2dKernelGradient(u, v, g, kernel)),
  ];
});

const windows = [
  { detail: '2x2', x: [2, 6, 4, 3], size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] },
  { detail: '2x2, rows left over', x: [2, 7, 5, 3], size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] },
  { detail: '3x3 stride 2 same', x: [2, 7, 8, 3], size: [3, 3], strides: [2, 2], padding: [1, 1, 0, 1] },
  { detail: '3x2 stride 1, overlapping', x: [2, 6, 5, 2], size: [3, 2], strides: [1, 1], padding: [1, 1, 0, 1] },
] as const;

const pooling = windows.flatMap(({ detail, x, size, strides, padding }) => {
  const b = createBuilder();
  const y = b.maxPool(b.input('x', x), { size, strides, padding }).shape;
  const g = { size, strides, padding };
  return [
    opCase('maxPool', detail, [x], (c, [u]) => c.maxPool(u, g)),
    opCase('maxPoolGather', detail, [x, x], (c, [u, t]) => c.maxPoolGather(u, t, g)),
    opCase('maxPoolScatter', detail, [x, y], (c, [u, v]) => c.maxPoolScatter(u, v, g)),
    opCase('averagePool', detail, [x], (c, [u]) => c.averagePool(u, g)),
    opCase('averagePoolGradient', detail, [y], (c, [v]) => c.averagePoolGradient(v, g, x)),
  ];
});

const normalization = (
  [
    [4, 3, 3, 2],
    [6, 3],
  ] as const
).flatMap((x) => {
  const channels = [x[x.length - 1]];
  const rank = `rank ${x.length}`;
  return [
    opCase('batchNorm', rank, [x, channels, channels], (b, [u, g, t]) => b.batchNorm(u, g, t, 1e-3)),
    opCase('batchNormGradient', rank, [x, channels, x], (b, [u, g, v]) => b.batchNormGradient(u, g, v, 1e-3)),
    opCase('batchNormGammaGradient', rank, [x, x], (b, [u, v]) => b.batchNormGammaGradient(u, v, 1e-3)),
    opCase('inverseDeviation', rank, [x], (b, [u]) => b.inverseDeviation(u, 1e-3)),
  ];
});

const products = [
  [false, false, [3, 4], [4, 5]],
  [true, false, [4, 3], [4, 5]],
  [false, true, [3, 4], [5, 4]],
  [true, true, [4, 3], [5, 4]],
  [false, true, [2, 3, 4], [2, 5, 4]],
] as const;

const linear = products.map(([transposeA, transposeB, a, c]) =>
  opCase('matmul', `${a} by ${c}`, [a, c], (b, [x, y]) => b.matmul(x, y, { transposeA, transposeB })),
);

const shape: readonly OpCase[] = [
  opCase('reduceSum', 'all', [[2, 3, 4]], (b, [x]) => b.reduceSum(x)),
  opCase('reduceSum', 'leading axes', [[2, 3, 3, 4]], (b, [x]) => b.reduceSum(x, [0, 1, 2])),
  opCase('reduceSum', 'spatial axes, kept', [[2, 3, 3, 4]], (b, [x]) => b.reduceSum(x, [1, 2], true)),
  opCase('reduceSum', 'last axis', [[3, 4]], (b, [x]) => b.reduceSum(x, [1], true)),
  opCase('reduceMax', 'last axis', [[3, 5]], (b, [x]) => b.reduceMax(x, [1], true)),
  opCase('reduceMax', 'spatial axes', [[2, 3, 3, 4]], (b, [x]) => b.reduceMax(x, [1, 2])),
  opCase('argMax', 'last axis', [[4, 5]], (b, [x]) => b.argMax(x, 1)),
  opCase('argMax', 'first axis', [[4, 5]], (b, [x]) => b.argMax(x, 0)),
  opCase('reshape', 'flatten', [[2, 3, 2, 4]], (b, [x]) => b.reshape(x, [2, 24])),
  opCase('reshape', 'to an image', [[2, 24]], (b, [x]) => b.reshape(x, [2, 3, 2, 4])),
  opCase('reshape', 'scalar', [[1]], (b, [x]) => b.reshape(x, [])),
  opCase('transpose', 'matrix', [[3, 4]], (b, [x]) => b.transpose(x, [1, 0])),
  opCase('transpose', 'rank 4', [[2, 3, 4, 5]], (b, [x]) => b.transpose(x, [0, 3, 1, 2])),
  opCase('broadcast', 'channels', [[4]], (b, [x]) => b.broadcast(x, [2, 3, 4])),
  opCase('broadcast', 'scalar', [[]], (b, [x]) => b.broadcast(x, [2, 3])),
  opCase('broadcast', 'spatial', [[2, 1, 1, 3]], (b, [x]) => b.broadcast(x, [2, 4, 5, 3])),
  opCase('slice', 'matrix', [[4, 6]], (b, [x]) => b.slice(x, [1, 2], [2, 3])),
  opCase('slice', 'channels', [[2, 3, 3, 6]], (b, [x]) => b.slice(x, [0, 0, 0, 2], [2, 3, 3, 3])),
  opCase('pad', 'spatial', [[2, 3, 3, 2]], (b, [x]) => b.pad(x, [0, 1, 2, 0], [0, 2, 0, 0])),
  opCase('pad', 'channels', [[2, 3, 3, 2]], (b, [x]) => b.pad(x, [0, 0, 0, 1], [0, 0, 0, 2])),
  opCase(
    'concat',
    'channels',
    [
      [2, 3, 3, 2],
      [2, 3, 3, 4],
    ],
    (b, args) => b.concat(args, 3),
  ),
  opCase(
    'concat',
    'rows of three',
    [
      [2, 3],
      [1, 3],
      [3, 3],
    ],
    (b, args) => b.concat(args, 0),
  ),
  opCase('oneHot', '', [indices([5], 4)], (b, [x]) => b.oneHot(x, 4)),
  opCase('gatherRows', 'a table of vectors', [[5, 3], indices([2, 4], 5)], (b, [x, i]) => b.gatherRows(x, i)),
  opCase('gatherRows', 'a vector', [[5], indices([7], 5)], (b, [x, i]) => b.gatherRows(x, i)),
  opCase('gatherRows', 'one row of matrices', [[4, 2, 3], indices([], 4)], (b, [x, i]) => b.gatherRows(x, i)),
  opCase('scatterRows', 'vectors, some at the same index', [[2, 4, 3], indices([2, 4], 5)], (b, [x, i]) =>
    b.scatterRows(x, i, [5, 3]),
  ),
  opCase('scatterRows', 'numbers', [[7], indices([7], 5)], (b, [x, i]) => b.scatterRows(x, i, [5])),
  opCase('scatterRows', 'one matrix', [[2, 3], indices([], 4)], (b, [x, i]) => b.scatterRows(x, i, [4, 2, 3])),
  opCase('equal', 'int32', [indices([6], 2), indices([6], 2)], (b, [x, y]) => b.equal(x, y)),
];

const sources: readonly OpCase[] = [
  opCase('input', '', [[2, 3]], (_b, [x]) => x),
  opCase('constant', 'added', [[2, 3]], (b, [x]) => b.add(x, b.constant(0.5, [2, 3]))),
  opCase('constant', 'alone', [[2]], (b) => b.constant(1.5, [2, 2])),
  opCase('literal', '', [[2, 3]], (b, [x]) => b.multiply(x, b.literal(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]))),
];

export const opCases: readonly OpCase[] = [
  ...sources,
  ...unary,
  opCase('log', '', [positive([2, 3])], (b, [x]) => b.log(x)),
  opCase('sqrt', '', [positive([2, 3])], (b, [x]) => b.sqrt(x)),
  ...binary,
  ...shape,
  ...linear,
  ...convolution,
  ...pooling,
  ...normalization,
];

/** Inputs `arg0`, `arg1`, … of a case, and `tangent0`, … and `cotangent` for its derivative programs. */
export function caseInputs(entry: OpCase, program: Program): { [name: string]: HostTensor } {
  return Object.fromEntries(
    program.inputs.map(({ attributes: { name }, shape: extents, dtype }) => {
      const position = name.startsWith('arg') ? Number(name.slice(3)) : -1;
      const [low, high] = entry.args[position]?.range ?? [-2, 2];
      const random = createRandom(1, entry.name, name);
      const size = sizeOf(extents);
      return [
        name,
        dtype === 'int32'
          ? intTensor(
              extents,
              Int32Array.from({ length: size }, () => low + random.integer(high - low)),
            )
          : floatTensor(
              extents,
              Float32Array.from({ length: size }, () => low + (high - low) * random.uniform()),
            ),
      ];
    }),
  );
}

function build(entry: OpCase): { b: Builder; args: Node[]; floats: Node[]; y: Node } {
  const b = createBuilder();
  const args = entry.args.map(({ shape: extents, dtype }, i) => b.input(`arg${i}`, extents, dtype));
  return { b, args, floats: args.filter((arg) => arg.dtype === 'float32'), y: entry.apply(b, args) };
}

/** The operation itself: output `y`. */
export function forwardProgram(entry: OpCase): Program {
  return createProgram(entry.name, { y: build(entry).y });
}

/** `gradient<i>` of sum(cotangent * y) for each float argument i; undefined where the result is not differentiable. */
export function vjpProgram(entry: OpCase): Program | undefined {
  const { b, floats, y } = build(entry);
  if (y.dtype !== 'float32') return undefined;
  const gradients = vjp(b, [y], [b.input('cotangent', y.shape)], floats);
  return createProgram(entry.name, Object.fromEntries(gradients.map((node, i) => [`gradient${i}`, node])));
}

/** `tangent` of y along `tangent<i>`. */
export function jvpProgram(entry: OpCase): Program | undefined {
  const { b, floats, y } = build(entry);
  if (y.dtype !== 'float32') return undefined;
  const tangents = floats.map((arg, i) => b.input(`tangent${i}`, arg.shape));
  return createProgram(entry.name, { tangent: jvp(b, [y], floats, tangents)[0] });
}

/** `product<i>`: the derivative of each `gradient<i>` (and of the cotangent's side) along `tangent<i>`. */
export function secondOrderProgram(entry: OpCase): Program | undefined {
  const { b, floats, y } = build(entry);
  if (y.dtype !== 'float32') return undefined;
  const gradients = vjp(b, [y], [b.input('cotangent', y.shape)], floats);
  const tangents = floats.map((arg, i) => b.input(`tangent${i}`, arg.shape));
  const products = jvp(b, gradients, floats, tangents);
  return createProgram(entry.name, Object.fromEntries(products.map((node, i) => [`product${i}`, node])));
}
