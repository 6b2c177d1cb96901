/** Methods for channels in comparisons of PyTorch models: PyTorch makes the smaller model, and it is trained here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { torchFixture } from '../support/exportTorch';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();

describe.skipIf(missing !== undefined)(
  `channels of PyTorch models in a comparison${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    it('are removed from the user’s own class, which is trained at its own size', async () => {
      const { code, stderr } = await prunelens([
        ...['compare', `${torchFixture('shrinkable.py')}#Several`, '--python', TEST_PYTHON, '--backend', 'cpu'],
        ...['--input', '3,8,8', '--data', 'noise:8x8x3:5:40', '--epochs', '1', '--batch-size', '10'],
        ...['--methods', 'structured-magnitude', '--sparsities', '0.5', '--selection', 'per-layer'],
        ...['--adapt', 'rescale', '--out', folder],
      ]);
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const { runs } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
      const run = runs.find((one: { method: string }) => one.method === 'structured-magnitude');
      const { channels, keptChannels, denseMacs, macs, step } = run.pruning.shrunk;
      expect(keptChannels).toBe(channels / 2);
      expect(macs).toBeLessThan(denseMacs);
      expect(step).toMatchObject({ batchSize: 10, seconds: expect.any(Number) });
      expect(run.final.testLoss).toBeGreaterThan(0);
    });
  },
);
