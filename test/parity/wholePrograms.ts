/** Programs of more than one operation, each a trap that some executor's shortcuts once fell into or could fall into. */
import { gradient, jvp } from '../../server/graph/autodiff';
import { type Builder, createBuilder } from '../../server/graph/builder';
import { softmaxCrossEntropy } from '../../server/graph/compose';
import { createProgram } from '../../server/graph/program';
import type { Node, Program } from '../../server/graph/types';
import { floatTensor, type HostTensor, type Shape, sizeOf } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';
import type { HostTensors } from '../support/programs';

export interface WholeProgram {
  readonly title: string;
  readonly program: Program;
  readonly inputs: HostTensors;
  /** Largest difference to the reference, relative to the largest value. */
  readonly tolerance?: number;
}

function uniform(name: string, shape: Shape): HostTensor {
  const random = createRandom(7, name);
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
  );
}

/** Values between -1 and 1, the same for a name. */
export const uniformInputs = (program: Program): HostTensors =>
  Object.fromEntries(
    program.inputs.map(({ attributes: { name }, shape }) => [name, uniform(`${program.name} ${name}`, shape)]),
  );

/** Rounded values are often equal: ties of a maximum go to the first position, for any number of channels. */
function ties(padding: readonly [number, number, number, number]): WholeProgram {
  const b = createBuilder();
  const x = b.input('x', [2, 9, 9, 19]);
  const geometry = { size: [3, 3], strides: [2, 2], padding } as const;
  const y = b.maxPool(x, geometry);
  const program = createProgram('ties', {
    gathered: b.maxPoolGather(x, b.input('t', x.shape), geometry),
    scattered: b.maxPoolScatter(x, b.input('y', y.shape), geometry),
    y,
    index: b.argMax(b.reshape(x, [2 * 81, 19]), 0),
  });
  const inputs = uniformInputs(program);
  inputs.x = floatTensor(inputs.x.shape, Float32Array.from(inputs.x.data, Math.round));
  return { title: `ties of a maximum, padding ${padding}`, program, inputs };
}

const groupedCases = [
  {
    detail: 'depthwise with unequal strides',
    x: [2, 7, 8, 3],
    kernel: [3, 2, 1, 6],
    strides: [1, 2],
    dilations: [1, 1],
  },
  { detail: 'dilated depthwise', x: [2, 9, 8, 4], kernel: [3, 3, 1, 8], strides: [1, 1], dilations: [2, 3] },
  { detail: 'dilated, strided groups', x: [2, 9, 8, 6], kernel: [2, 3, 2, 9], strides: [2, 1], dilations: [3, 2] },
  // Here oneDNN writes beyond its memory.
  {
    detail: 'strided 1x1 of few channels',
    x: [4, 8, 9, 4],
    kernel: [1, 1, 4, 8],
    strides: [2, 3],
    dilations: [1, 1],
  },
  { detail: 'one pixel', x: [3, 1, 1, 4], kernel: [3, 3, 4, 5], strides: [1, 1], dilations: [1, 1] },
] as const;
function convolution({ detail, x, kernel, strides, dilations }: (typeof groupedCases)[number]): WholeProgram {
  const geometry = { strides, padding: [2, 1, 1, 2], dilations, groups: x[3] / kernel[2] } as const;
  const b = createBuilder();
  const image = b.input('x', x);
  const weights = b.input('kernel', kernel);
  const y = b.conv2d(image, weights, geometry);
  const c = b.input('y', y.shape);
  const program = createProgram(detail, {
    y,
    x: b.conv2dInputGradient(c, weights, geometry, x),
    kernel: b.conv2dKernelGradient(image, c, geometry, kernel),
  });
  return { title: `convolution: ${detail}`, program, inputs: uniformInputs(program) };
}

/** Passes that are shared, whatever the order and the other uses of the parts. */
function normalization(): Program {
  const b = createBuilder();
  const x = b.input('x', [3, 2, 5]);
  const y = b.input('y', [3, 2, 5]);
  const gamma = b.input('gamma', [5]);
  const beta = b.input('beta', [5]);
  const deviation = b.inverseDeviation(x, 1e-3);
  const late = b.multiply(gamma, deviation);
  return createProgram('normalization', {
    sum: b.reduceSum(y, [0, 1]),
    kept: b.reduceSum(y, [0, 1], true),
    gammaGradient: b.batchNormGammaGradient(x, y, 1e-3),
    gradient: b.batchNormGradient(x, gamma, y, 1e-3),
    other: b.batchNormGradient(x, late, y, 1e-3),
    normalized: b.batchNorm(x, gamma, beta, 1e-3),
    again: b.batchNorm(x, late, beta, 1e-3),
    otherEpsilon: b.batchNorm(x, gamma, beta, 0.5),
    deviation,
    single: b.inverseDeviation(b.reshape(y, [1, 30]), 1e-3),
  });
}

/** Equal calls over many tensors, which may be computed at once. */
function many(): Program {
  const b = createBuilder();
  const scalar = b.input('scalar', []);
  const binary = ['add', 'subtract', 'multiply', 'divide', 'maximum'] as const;
  const outputs = [1, 2, 3, 4, 5].flatMap((size) => {
    const [x, y] = [b.input(`x${size}`, [size, 2]), b.add(b.abs(b.input(`y${size}`, [size, 2])), b.constant(0.5))];
    return [
      ...binary.flatMap((call) => [b[call](x, y), b[call](x, b.constant(0.3)), b[call](b.constant(1.7), y)]),
      b.multiply(x, scalar),
      b.divide(x, scalar),
      b.divide(b.constant(1), y),
      b.subtract(x, b.multiply(y, scalar)),
      b.add(x, b.multiply(y, b.constant(-3))),
      b.negate(x),
      b.sqrt(y),
    ];
  });
  return createProgram('many', Object.fromEntries(outputs.map((node, i) => [`${i}`, node])));
}

/** Loss, gradient and Hessian-vector product of convolution, batch norm, pooling, a residual and a dense layer. */
export function networkProgram(): Program {
  const b = createBuilder();
  const x = b.input('x', [4, 8, 8, 3]);
  const weights: Node[] = [];
  const weight = (name: string, shape: Shape) => {
    const node = b.input(name, shape);
    weights.push(node);
    return node;
  };
  const unit = (input: Node, name: string, channels: number) => {
    const kernel = weight(`${name}/kernel`, [3, 3, input.shape[3], channels]);
    const geometry = { strides: [1, 1], padding: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
    const y = b.conv2d(input, kernel, geometry);
    return b.relu(b.batchNorm(y, weight(`${name}/gamma`, [channels]), weight(`${name}/beta`, [channels]), 1e-3));
  };
  const first = unit(x, 'first', 6);
  const second = b.add(first, unit(first, 'second', 6));
  const pooled = b.maxPool(second, { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] });
  const logits = classify(b, pooled, weight('dense/kernel', [96, 5]), weight('dense/bias', [5]));
  const loss = softmaxCrossEntropy(b, logits, b.softplus(b.input('targets', [4, 5])));
  const gradients = gradient(b, loss, weights);
  const directions = weights.map((node, i) => b.input(`direction${i}`, node.shape));
  const products = jvp(b, gradients, weights, directions);
  return createProgram('network', {
    loss,
    ...Object.fromEntries(gradients.map((node, i) => [`gradient${i}`, node])),
    ...Object.fromEntries(products.map((node, i) => [`product${i}`, node])),
  });
}

function classify(b: Builder, x: Node, kernel: Node, bias: Node): Node {
  return b.add(b.matmul(b.reshape(x, [x.shape[0], kernel.shape[0]]), kernel), bias);
}

const withUniformInputs = (title: string, program: Program, tolerance?: number): WholeProgram => ({
  title,
  program,
  inputs: uniformInputs(program),
  ...(tolerance !== undefined && { tolerance }),
});

export const wholePrograms: readonly WholeProgram[] = [
  ties([0, 0, 0, 0]),
  ties([1, 0, 1, 1]),
  ...groupedCases.map(convolution),
  withUniformInputs('normalization with shared passes', normalization()),
  withUniformInputs('equal calls over many tensors', many()),
  withUniformInputs('gradients and Hessian-vector products of a small network', networkProgram(), 1e-4),
];
