/** Exact ProsPr beside autograd through all its steps: the same scores, and the time of both in turns. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../../../server/executors/types';
import type { Batch } from '../../../server/protocol/data';
import { sizeOf } from '../../../server/protocol/tensor';
import { findCriterion, initialWeights, scoreNetwork } from '../../../server/pruning';
import { createRandom } from '../../../server/random';
import { relativeError } from '../../support/networks';
import { describePairs } from '../pairs';
import type { PlainPytorch } from '../plain';
import type { CheckContext, Part, Subject } from '../types';

const RATE = 0.05;
const MOMENTUM = 0.9;

/** In norm, relative: scores come back in float32. */
const TOLERANCE = 1e-5;

/** Axes of ours in PyTorch's order, by rank: HWIO -> OIHW, inputs and outputs of a dense kernel. */
const ORDERS: { readonly [rank: number]: readonly number[] } = { 4: [3, 2, 0, 1], 2: [1, 0] };

function batchesOf({ network }: Subject, size: number, steps: number): readonly Batch[] {
  const random = createRandom(1, 'gpu check', 'prospr');
  return Array.from({ length: steps + 1 }, () => {
    const x = new Float32Array(size * sizeOf(network.inputs[0].shape));
    random.fillNormal(x, 0, 1);
    return { x, y: Int32Array.from({ length: size }, () => random.integer(10)), size };
  });
}

function ourScores(executor: Executor, { network }: Subject, batches: readonly Batch[]) {
  return scoreNetwork({
    criterion: findCriterion('prospr'),
    network,
    weights: initialWeights(network, 1),
    prunable: network.parameters.filter(({ trainable }) => trainable).map(({ name }) => name),
    executor,
    options: {
      steps: batches.length - 1,
      innerLearningRate: RATE,
      innerMomentum: MOMENTUM,
      innerOptimizer: 'momentum',
      innerWeightDecay: 0,
      variant: 'exact',
    },
    seed: 1,
    givenBatches: batches,
  });
}

/** Has plain PyTorch score the same weights on the same batches; its scores in its order and layout. */
async function theirScores(
  plain: PlainPytorch,
  { network, size, asked }: Subject,
  batches: readonly Batch[],
  dtype: 'float64' | 'float32',
  folder: string,
): Promise<Float64Array> {
  const parameters = network.parameters.filter(({ trainable }) => trainable);
  const weights = initialWeights(network, 1);
  const images = batches.map(({ x, size: examples }) => ({ shape: [examples, size, size, 3], values: x }));
  const tensors = [
    ...parameters.map(({ name, shape }) => ({ shape, values: weights.get(name)!, order: ORDERS[shape.length] })),
    ...images.map((image) => ({ ...image, order: [0, 3, 1, 2] })),
  ];
  const bytes = tensors.map(({ values }) => new Uint8Array(Float64Array.from(values).buffer));
  const [file, result] = ['given.bin', 'scores.bin'].map((name) => join(folder, name));
  await writeFile(file, Buffer.concat(bytes));
  await plain.ask({
    do: 'prepare prospr',
    dtype,
    ...asked,
    rate: RATE,
    momentum: MOMENTUM,
    file,
    result,
    tensors: tensors.map(({ shape, order }) => [shape, order ?? null]),
    labels: batches.map(({ y }) => [...y]),
  });
  const read = await readFile(result);
  return new Float64Array(read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength));
}

/** Values of a tensor of ours in PyTorch's order. */
function reordered(values: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const order = ORDERS[shape.length] ?? shape.map((_, i) => i);
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const out = new Float64Array(values.length);
  const extents = order.map((axis) => shape[axis]);
  for (let i = 0; i < out.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      from += (rest % extents[axis]) * strides[order[axis]];
      rest = Math.floor(rest / extents[axis]);
    }
    out[i] = values[from];
  }
  return out;
}

async function compareScores(context: CheckContext, plain: PlainPytorch, folder: string) {
  const subject = context.resnet20;
  const batches = batchesOf(subject, context.sizes.prosprBatch, context.sizes.prosprSteps);
  const executor = await context.open({ precision: 'float64' });
  try {
    const { scores } = await ourScores(executor, subject, batches);
    const theirs = await theirScores(plain, subject, batches, 'float64', folder);
    const trained = subject.network.parameters.filter(({ trainable }) => trainable);
    const ours = trained.flatMap(({ name, shape }) => [...reordered(scores.get(name)!, shape)]);
    const error = ours.length === theirs.length ? relativeError(ours, theirs) : Number.NaN;
    context.tell({
      what: `scores of ${subject.title} in float64, ${batches.length - 1} steps`,
      value: `${theirs.length} scores, apart by ${error.toExponential(1)} of their norm`,
      passed: error < TOLERANCE,
    });
  } finally {
    await executor.dispose();
  }
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** What scoring with so many steps takes of the device, in a process of its own. */
async function ourPeak(context: CheckContext, plain: PlainPytorch, subject: Subject, size: number, steps: number) {
  const free = async () => (await plain.ask<{ bytes: number }>({ do: 'free memory' })).bytes;
  const executor = await context.open({ precision: 'float32' });
  try {
    // A small program, so that what CUDA itself takes does not count.
    await ourScores(executor, subject, batchesOf(subject, 1, 1));
    const before = await free();
    await ourScores(executor, subject, batchesOf(subject, size, steps));
    const after = await free();
    return before - after;
  } finally {
    await executor.dispose();
  }
}

async function compareTimes(
  context: CheckContext,
  plain: PlainPytorch,
  subject: Subject,
  size: number,
  folder: string,
): Promise<void> {
  const { prosprSteps: steps } = context.sizes;
  const batches = batchesOf(subject, size, steps);
  const executor = await context.share('float32');
  await theirScores(plain, subject, batches, 'float32', folder);
  const pairs: (readonly [number, number])[] = [];
  let peak: number | null = null;
  const rounds = Math.ceil(context.sizes.rounds / 2);
  // The first round compiles programs and chooses kernels.
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    await ourScores(executor, subject, batches);
    const ours = (performance.now() - start) / 1000;
    const theirs = await plain.ask<{ seconds: number; peak: number | null }>({ do: 'time prospr' });
    if (round > 0) pairs.push([ours, theirs.seconds]);
    peak = theirs.peak;
  }
  await plain.ask({ do: 'forget' });
  context.tell({
    what: `${subject.title}, ${steps} steps in float32, batch ${size}, compiling included`,
    value: describePairs(pairs, 'autograd'),
  });
  // Only CUDA tells what it has left.
  if (peak === null) return;
  const one = await ourPeak(context, plain, subject, size, 1);
  const all = await ourPeak(context, plain, subject, size, steps);
  context.tell({
    what: `${subject.title}, memory`,
    value: `${mebibytes(all)} with ${steps} steps, ${mebibytes(one)} with one; autograd's peak with ${steps} steps ${mebibytes(peak)}, ratio ${(all / peak).toFixed(2)}`,
  });
}

export const prospr: Part = {
  name: 'prospr',
  title: 'Exact ProsPr beside autograd through all steps',
  leftOut: ({ kind }) => (kind === 'mps' ? 'MPS has no float64.' : undefined),
  async run(context) {
    const folder = await mkdtemp(join(tmpdir(), 'prunelens-gpu-check-'));
    const plain = await context.startPlain();
    try {
      await compareScores(context, plain, folder);
      await plain.ask({ do: 'forget' });
      const { prosprBatch, photographBatch } = context.sizes;
      await compareTimes(context, plain, context.resnet20, prosprBatch, folder);
      await compareTimes(context, plain, context.resnet18, prosprBatch, folder);
      await compareTimes(context, plain, context.resnet50, photographBatch, folder);
    } finally {
      await plain.close();
      await rm(folder, { recursive: true });
    }
  },
};
