/**
 * The ONNX executor against the float64 reference, operation by operation, in value and in both derivatives. The
 * provider is the CPU; PRUNELENS_TEST_PROVIDER names another one.
 */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createOnnxExecutor, type OnnxProvider } from '../../server/executors/onnx';
import { createReferenceExecutor } from '../../server/executors/reference';
import type { Executor } from '../../server/executors/types';
import { convolutionShape } from '../../server/graph/shapes';
import type { ConvolutionGeometry, Program } from '../../server/graph/types';
import type { Shape } from '../../server/protocol/tensor';
import type { HostTensors } from '../support/programs';
import { expectSame } from './executorSuite';
import {
  caseInputs,
  forwardProgram,
  jvpProgram,
  type OpCase,
  opCases,
  secondOrderProgram,
  vjpProgram,
} from './opCases';

/** Geometries beyond the common cases, for each form that the lowering chooses among. */
const convolutions: readonly (readonly [string, Shape, Shape, Partial<ConvolutionGeometry>])[] = [
  ['blocked channels', [2, 7, 6, 16], [3, 3, 16, 32], { padding: [1, 1, 1, 1] }],
  ['blocked channels, padded to whole blocks', [2, 7, 6, 20], [3, 3, 20, 12], { padding: [1, 1, 1, 1] }],
  ['blocked outputs of an image with 3 channels', [2, 9, 8, 3], [5, 5, 3, 16], { padding: [2, 2, 2, 2] }],
  ['channels that no block fits', [1, 6, 6, 18], [3, 3, 18, 17], {}],
  ['blocked, stride 2 as TensorFlow pads', [2, 8, 8, 16], [3, 3, 16, 16], { strides: [2, 2], padding: [0, 1, 0, 1] }],
  ['blocked, 1x1, stride 2', [2, 8, 8, 16], [1, 1, 16, 32], { strides: [2, 2] }],
  ['blocked, dilated', [1, 9, 9, 16], [3, 3, 16, 16], { dilations: [2, 2], padding: [2, 2, 2, 2] }],
  ['11x11, stride 4', [1, 35, 35, 3], [11, 11, 3, 16], { strides: [4, 4] }],
  ['blocked depthwise', [2, 7, 7, 16], [3, 3, 1, 16], { groups: 16, padding: [1, 1, 1, 1] }],
  ['blocked depthwise, stride 2', [2, 7, 7, 16], [3, 3, 1, 16], { groups: 16, strides: [2, 2], padding: [1, 1, 1, 1] }],
  ['groups of a block', [2, 5, 5, 32], [3, 3, 16, 32], { groups: 2, padding: [1, 1, 1, 1] }],
  ['patches', [3, 4, 4, 128], [3, 3, 128, 130], { padding: [1, 1, 1, 1] }],
  ['patches, stride 2', [2, 4, 4, 128], [3, 3, 128, 128], { strides: [2, 2], padding: [0, 1, 0, 1] }],
  ['large images', [1, 96, 96, 4], [3, 3, 4, 2], { padding: [1, 1, 1, 1] }],
  ['large images, 1x1', [2, 40, 40, 16], [1, 1, 16, 8], {}],
];

function convolutionCases([detail, x, kernel, partial]: (typeof convolutions)[number]): readonly OpCase[] {
  const geometry: ConvolutionGeometry = {
    strides: [1, 1],
    padding: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: 1,
    ...partial,
  };
  const y = convolutionShape('conv2d', x, kernel, geometry);
  return [
    {
      name: `conv2d: ${detail}`,
      op: 'conv2d',
      args: [{ shape: x }, { shape: kernel }],
      apply: (b, [u, k]) => b.conv2d(u, k, geometry),
    },
    {
      name: `conv2dInputGradient: ${detail}`,
      op: 'conv2dInputGradient',
      args: [{ shape: y }, { shape: kernel }],
      apply: (b, [v, k]) => b.conv2dInputGradient(v, k, geometry, x),
    },
    {
      name: `conv2dKernelGradient: ${detail}`,
      op: 'conv2dKernelGradient',
      args: [{ shape: x }, { shape: y }],
      apply: (b, [u, v]) => b.conv2dKernelGradient(u, v, geometry, kernel),
    },
  ];
}

const unpadded = { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] } as const;

/** Chains that keep images channels first, and sums that are fused or must not be. */
const chains: readonly OpCase[] = [
  {
    name: 'normalization of large planes',
    op: 'batchNorm',
    args: [{ shape: [3, 9, 8, 5] }, { shape: [5] }, { shape: [5] }],
    apply: (b, [x, gamma, beta]) => b.batchNorm(x, gamma, beta, 1e-3),
  },
  {
    name: 'normalization far from zero',
    op: 'batchNorm',
    args: [{ shape: [3, 9, 8, 2], range: [30, 32] }, { shape: [2] }, { shape: [2] }],
    apply: (b, [x, gamma, beta]) => b.batchNorm(x, gamma, beta, 1e-3),
  },
  {
    name: 'channel sums of a product',
    op: 'reduceSum',
    args: [{ shape: [2, 9, 8, 3] }, { shape: [2, 9, 8, 3] }],
    apply: (b, [x, y]) => b.reduceSum(b.multiply(b.maxPool(x, unpadded), b.averagePool(y, unpadded)), [0, 1, 2], true),
  },
  {
    name: 'channel sums of a large product',
    op: 'reduceSum',
    args: [{ shape: [2, 18, 16, 3] }, { shape: [2, 18, 16, 3] }],
    apply: (b, [x, y]) => b.reduceSum(b.multiply(b.maxPool(x, unpadded), b.averagePool(y, unpadded)), [0, 1, 2]),
  },
  {
    name: 'channel sums of a product with a vector',
    op: 'reduceSum',
    args: [{ shape: [2, 18, 16, 3] }, { shape: [3] }],
    apply: (b, [x, v]) => b.reduceSum(b.multiply(b.maxPool(x, unpadded), v), [0, 1, 2]),
  },
  {
    name: 'mixed layouts',
    op: 'concat',
    args: [{ shape: [2, 8, 6, 3] }, { shape: [2, 4, 3, 2] }, { shape: [4, 3, 5] }],
    apply: (b, [x, y, z]) => {
      const joined = b.concat([b.maxPool(x, unpadded), b.multiply(y, y)], 3);
      const cut = b.slice(b.add(joined, z), [0, 1, 0, 1], [2, 3, 2, 3]);
      return b.reshape(b.transpose(b.pad(cut, [0, 1, 0, 0], [0, 0, 0, 2]), [0, 2, 1, 3]), [2, 2, 4 * 5]);
    },
  },
  {
    name: 'batch sum that leaves images',
    op: 'reduceSum',
    args: [{ shape: [2, 8, 6, 3] }],
    apply: (b, [x]) => b.reduceSum(b.maxPool(x, unpadded), [0]),
  },
  {
    name: 'broadcast to five axes',
    op: 'broadcast',
    args: [{ shape: [2, 4, 6, 3] }],
    apply: (b, [x]) => b.broadcast(b.maxPool(x, unpadded), [4, 2, 2, 3, 3]),
  },
];

const provider = (process.env.PRUNELENS_TEST_PROVIDER ?? 'cpu') as OnnxProvider;

async function runOn(executor: Executor, program: Program, inputs: HostTensors): Promise<HostTensors> {
  const executable = await executor.compile(program);
  const uploaded = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, executor.upload(value)]));
  const outputs = await executable.run(uploaded);
  const entries = Object.entries(outputs);
  const results: HostTensors = {};
  for (const [name, tensor] of entries) results[name] = await tensor.read();
  for (const tensor of [...Object.values(uploaded), ...Object.values(outputs)]) tensor.dispose();
  await executable.dispose();
  return results;
}

describe(`ONNX Runtime, ${provider}`, () => {
  let executor: Executor;
  const reference = createReferenceExecutor();

  beforeAll(async () => {
    executor = await createOnnxExecutor({ provider, threads: 1 });
  });
  afterAll(() => executor.dispose());

  async function expectParity(program: Program, inputs: HostTensors, tolerance = 1e-5): Promise<void> {
    const expected = await runOn(reference, program, inputs);
    const actual = await runOn(executor, program, inputs);
    expectSame(actual, expected, tolerance);
  }

  describe.each(
    [...opCases, ...convolutions.flatMap(convolutionCases), ...chains].map((entry) => [entry.name, entry] as const),
  )('%s', (_name, entry) => {
    const programs = {
      value: forwardProgram(entry),
      vjp: vjpProgram(entry),
      jvp: jvpProgram(entry),
      'second order': secondOrderProgram(entry),
    };
    for (const [kind, program] of Object.entries(programs)) {
      if (program) it(kind, () => expectParity(program, caseInputs(entry, program)));
    }
  });
});
