/** The same seed twice: equal bits where that is promised. */
import type { Executor } from '../../../server/executors/types';
import { findCriterion, initialWeights, scoreNetwork } from '../../../server/pruning';
import type { Weights } from '../../../server/pruning/types';
import { completeConfig } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import { difference } from '../../support/programs';
import { cloudDataset } from '../../support/training';
import type { CheckContext, Part } from '../types';

async function trained(executor: Executor, { resnet: { network }, sizes }: CheckContext): Promise<Weights> {
  const { trainedSteps } = sizes;
  const batchSize = Math.min(sizes.batch, 64);
  const { weights } = await train({
    network,
    weights: initialWeights(network, 1),
    dataset: cloudDataset({ shape: network.inputs[0].shape, classes: 10, train: trainedSteps * batchSize, test: 10 }),
    executor,
    config: completeConfig({ epochs: 1, batchSize, seed: 1, augmentation: { crop: 1, flip: true } }),
  });
  return weights;
}

async function scored(executor: Executor, { resnet: { network }, sizes }: CheckContext): Promise<Weights> {
  const { trainedSteps } = sizes;
  const data = cloudDataset({ shape: network.inputs[0].shape, classes: 10, train: 2 * trainedSteps, test: 10 });
  const { scores } = await scoreNetwork({
    criterion: findCriterion('prospr'),
    network,
    weights: initialWeights(network, 1),
    prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
    executor,
    options: { steps: 1 },
    seed: 1,
    batches: async (count) =>
      Array.from({ length: count }, () => {
        const indices = Int32Array.from({ length: trainedSteps }, (_, i) => i);
        const x = new Float32Array(trainedSteps * 3 * network.inputs[0].shape[0] ** 2);
        data.train.read(indices, x);
        return { x, y: Int32Array.from(indices, (i) => data.train.labels[i]), size: trainedSteps };
      }),
  });
  return scores as Weights;
}

/** The largest difference over all tensors, relative to the largest value, at least 1. */
function largestDifference(a: Weights, b: Weights): number {
  const tensor = (data: Float32Array) => ({ shape: [data.length], dtype: 'float32' as const, data });
  return Array.from(a).reduce(
    (largest, [name, values]) =>
      Math.max(largest, difference(tensor(b.get(name) as Float32Array), tensor(values as Float32Array))),
    0,
  );
}

async function compare(
  context: CheckContext,
  what: string,
  promised: boolean,
  work: (executor: Executor) => Promise<Weights>,
  computing: Parameters<CheckContext['open']>[0],
) {
  const results: Weights[] = [];
  // Two processes, as two runs have them.
  for (let run = 0; run < 2; run++) {
    const executor = await context.open(computing);
    try {
      results.push(await work(executor));
    } finally {
      await executor.dispose();
    }
  }
  const apart = largestDifference(results[0], results[1]);
  context.tell({
    what,
    value: apart === 0 ? 'equal to the bit' : `apart by ${apart.toExponential(1)}`,
    ...(promised && { passed: apart === 0 }),
  });
}

export const sameSeed: Part = {
  name: 'same-seed',
  title: 'The same seed twice',
  async run(context) {
    await compare(context, 'ProsPr scores', true, (executor) => scored(executor, context), {});
    const work = (executor: Executor) => trained(executor, context);
    await compare(context, 'training with --deterministic', true, work, { deterministic: true });
    if (context.kind !== 'cpu') await compare(context, 'training without it', false, work, {});
  },
};
