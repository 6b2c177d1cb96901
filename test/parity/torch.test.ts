/** The executor in PyTorch against the float64 reference, operation by operation, in value and in both derivatives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../server/executors/reference';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import type { Executor } from '../../server/executors/types';
import { gradient, jvp } from '../../server/graph/autodiff';
import { type Builder, createBuilder } from '../../server/graph/builder';
import { softmaxCrossEntropy } from '../../server/graph/compose';
import { createProgram } from '../../server/graph/program';
import type { Node, Program } from '../../server/graph/types';
import { floatTensor, type HostTensor, intTensor, type Shape, sizeOf } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';
import { difference, type HostTensors, runOn } from '../support/programs';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { caseInputs, forwardProgram, jvpProgram, opCases, secondOrderProgram, vjpProgram } from './opCases';

const reason = whyNoPython();
const title = reason === undefined ? 'PyTorch on the CPU' : `left out because ${reason}`;

function uniform(name: string, shape: Shape): HostTensor {
  const random = createRandom(7, name);
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
  );
}

const uniformInputs = (program: Program): HostTensors =>
  Object.fromEntries(
    program.inputs.map(({ attributes: { name }, shape }) => [name, uniform(`${program.name} ${name}`, shape)]),
  );

describe.skipIf(reason !== undefined)(title, () => {
  let executor: Executor;
  const reference = createReferenceExecutor();

  beforeAll(async () => {
    executor = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' });
  });
  afterAll(() => executor.dispose());

  async function expectParity(program: Program, inputs: HostTensors, tolerance = 2e-5): Promise<void> {
    const expected = await runOn(reference, program, inputs);
    const actual = await runOn(executor, program, inputs);
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      expect(actual[name].shape, name).toEqual(value.shape);
      expect(actual[name].dtype, name).toBe(value.dtype);
      expect(actual[name].data.length, name).toBe(sizeOf(value.shape));
      expect(difference(actual[name], value), name).toBeLessThan(tolerance);
    }
  }

  describe.each(opCases.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
    for (const [kind, build] of Object.entries({
      value: forwardProgram,
      vjp: vjpProgram,
      jvp: jvpProgram,
      'second order': secondOrderProgram,
    })) {
      const program = build(entry);
      if (program) it(kind, () => expectParity(program, caseInputs(entry, program), 1e-4));
    }
  });

  it('gives ties of a maximum to the first position, for any number of channels', async () => {
    for (const padding of [
      [0, 0, 0, 0],
      [1, 0, 1, 1],
    ] as const) {
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
      await expectParity(program, inputs);
    }
  });

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
  it.each(groupedCases.map((entry) => [entry.detail, entry] as const))('convolution: %s', async (_detail, entry) => {
    const { x, kernel, strides, dilations } = entry;
    const geometry = { strides, padding: [2, 1, 1, 2], dilations, groups: x[3] / kernel[2] } as const;
    const b = createBuilder();
    const image = b.input('x', x);
    const weights = b.input('kernel', kernel);
    const y = b.conv2d(image, weights, geometry);
    const c = b.input('y', y.shape);
    const program = createProgram(entry.detail, {
      y,
      x: b.conv2dInputGradient(c, weights, geometry, x),
      kernel: b.conv2dKernelGradient(image, c, geometry, kernel),
    });
    await expectParity(program, uniformInputs(program));
  });

  it('normalizes with shared passes, whatever the order and the other uses of the parts', async () => {
    const b = createBuilder();
    const x = b.input('x', [3, 2, 5]);
    const y = b.input('y', [3, 2, 5]);
    const gamma = b.input('gamma', [5]);
    const beta = b.input('beta', [5]);
    const deviation = b.inverseDeviation(x, 1e-3);
    const late = b.multiply(gamma, deviation);
    const program = createProgram('normalization', {
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
    await expectParity(program, uniformInputs(program));
  });

  it('computes equal calls over many tensors at once as it does one by one', async () => {
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
    const program = createProgram('many', Object.fromEntries(outputs.map((node, i) => [`${i}`, node])));
    await expectParity(program, uniformInputs(program));
  });

  it('gives outputs of their own, also for inputs, constants and one node under two names', async () => {
    const b = createBuilder();
    const x = b.input('x', [2]);
    const label = b.input('label', [], 'int32');
    const sum = b.add(x, b.constant(1));
    const outputs = { x, same: b.stopGradient(x), sum, again: sum, one: b.constant(1), label };
    const executable = await executor.compile(createProgram('outputs', outputs));
    const inputs = {
      x: executor.upload(floatTensor([2], Float32Array.of(3, 4))),
      label: executor.upload(intTensor([], Int32Array.of(7))),
    };
    const results = await executable.run(inputs);
    inputs.x.dispose();
    inputs.label.dispose();
    results.sum.dispose();
    await executable.dispose();
    const read = async (name: string) => Array.from((await results[name].read()).data);
    expect(await read('x')).toEqual([3, 4]);
    expect(await read('same')).toEqual([3, 4]);
    expect(await read('again')).toEqual([4, 5]);
    expect(await read('one')).toEqual([1]);
    expect(await read('label')).toEqual([7]);
    for (const name of ['x', 'same', 'again', 'one', 'label']) results[name].dispose();
  });

  it('copies what it uploads and refuses tensors that are disposed, foreign or of another shape', async () => {
    const b = createBuilder();
    const executable = await executor.compile(
      createProgram('double', { y: b.add(b.input('x', [2]), b.input('x', [2])) }),
    );
    const values = Float32Array.of(1, 2);
    const x = executor.upload(floatTensor([2], values));
    values.fill(9);
    const { y } = await executable.run({ x });
    expect(Array.from((await y.read()).data)).toEqual([2, 4]);
    y.dispose();
    expect(() => y.dispose()).toThrow('disposed');
    await expect(y.read()).rejects.toThrow('disposed');
    await expect(executable.run({})).rejects.toThrow('input x of program double is missing');
    await expect(executable.run({ x, z: x })).rejects.toThrow('no input z');
    await expect(executable.run({ x: reference.upload(floatTensor([2], values)) })).rejects.toThrow('another executor');
    const matrix = executor.upload(floatTensor([1, 2], values));
    await expect(executable.run({ x: matrix })).rejects.toThrow('is float32 [1, 2], not float32 [2]');
    for (const tensor of [x, matrix]) tensor.dispose();
    await executable.dispose();
  });

  it('computes gradients and Hessian-vector products of a small network', async () => {
    const program = networkProgram();
    const inputs = uniformInputs(program);
    await expectParity(program, inputs, 1e-4);
  });
});

/** Loss, gradient and Hessian-vector product of convolution, batch norm, pooling, a residual and a dense layer. */
function networkProgram(): Program {
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
