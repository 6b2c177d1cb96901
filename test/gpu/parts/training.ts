/** Training on CIFAR-10: what a user of the card sees. */
import { openDataset } from '../../../server/data/open';
import { initialWeights } from '../../../server/pruning';
import { completeConfig } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import type { Part } from '../types';

export const training: Part = {
  name: 'training',
  title: 'Training on CIFAR-10',
  leftOut: ({ data }) => (data === undefined ? 'CIFAR-10 is not at hand: name its folder with --data.' : undefined),
  async run({ data, sizes, resnet: { network }, open, tell }) {
    const started = performance.now();
    const dataset = await openDataset(data!);
    tell({ what: 'opening the data', value: `${((performance.now() - started) / 1000).toFixed(1)} s` });
    const executor = await open();
    try {
      const { epochs } = await train({
        network,
        weights: initialWeights(network, 1),
        dataset,
        executor,
        config: completeConfig({
          epochs: sizes.epochs,
          batchSize: sizes.batch,
          seed: 1,
          optimizer: { kind: 'sgd', learningRate: 0.1 },
          augmentation: { crop: 4, flip: true },
        }),
      });
      for (const { epoch, seconds, trainLoss, testLoss, testAccuracy } of epochs) {
        const images = Math.round((dataset.train.size + dataset.test.size) / seconds);
        tell({
          what: `epoch ${epoch}`,
          value: `${seconds.toFixed(1)} s (${images} images/s, trained and tested), loss ${trainLoss.toFixed(3)} and ${testLoss.toFixed(3)}, test accuracy ${((testAccuracy ?? Number.NaN) * 100).toFixed(1)} %`,
          // The loss of guessing is ln 10.
          passed: Number.isFinite(testLoss) && trainLoss < Math.log(10),
        });
      }
    } finally {
      await executor.dispose();
    }
  },
};
