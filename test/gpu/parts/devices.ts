/** One network on several devices, each with its part of a batch. */
import { initialWeights } from '../../../server/pruning';
import { completeConfig } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import type { TrainingResult } from '../../../server/training/types';
import { relativeError } from '../../support/networks';
import { cloudDataset } from '../../support/training';
import type { CheckContext, Part } from '../types';

/** Of the weights after 20 steps in float32, relative to their norm. */
const TOLERANCE = 1e-4;

/** Devices that are tried together; on the CPU two processes. */
const devicesOf = ({ kind }: CheckContext, count: number) =>
  Array.from({ length: count }, (_, i) => (kind === 'cpu' ? 'cpu' : `${kind}:${i}`));

async function trainOn(context: CheckContext, devices: readonly string[]): Promise<TrainingResult> {
  const { resnet20, sizes } = context;
  const { network } = resnet20;
  const batchSize = Math.max(2, sizes.batch);
  const isAlone = devices.length === 1;
  const executor = isAlone ? await context.share('float32') : await context.open({ precision: 'float32', devices });
  try {
    return await train({
      network,
      weights: initialWeights(network, 1),
      dataset: cloudDataset({ shape: network.inputs[0].shape, classes: 10, train: 20 * batchSize, test: batchSize }),
      executor,
      config: completeConfig({ epochs: 1, batchSize, seed: 1, optimizer: { kind: 'sgd', learningRate: 0.01 } }),
    });
  } finally {
    if (!isAlone) await executor.dispose();
  }
}

export const devices: Part = {
  name: 'devices',
  title: 'One network on two devices',
  leftOut: ({ kind, cards }) => (kind === 'cpu' || cards > 1 ? undefined : 'There is one device of its kind.'),
  async run(context) {
    const both = devicesOf(context, 2);
    const [together, alone] = [await trainOn(context, both), await trainOn(context, both.slice(0, 1))];
    const errors = Array.from(alone.weights, ([name, values]) => relativeError(together.weights.get(name)!, values));
    const apart = Math.max(...errors);
    const rate = ({ epochs: [{ seconds }] }: TrainingResult) => `${seconds.toFixed(2)} s`;
    context.tell({
      what: `20 steps of ${context.resnet20.title} in float32 on ${both.join(' and ')}`,
      value: `weights apart by ${apart.toExponential(1)}; ${rate(together)}, on one device ${rate(alone)}`,
      passed: apart < TOLERANCE,
    });
  },
};
