/** Training on the user's own Dataset by the command: the same again after it was stopped, and nothing where nothing is trusted. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataTrust } from '../../server/request/pythonData';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const NET = `import torch.nn as nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 4))
`;

describe.skipIf(missing !== undefined)(
  `training on data of Python${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    cpSync(resolve(__dirname, '../fixtures/torch/reading.py'), at('reading.py'));
    writeFileSync(at('net.py'), NET);
    writeFileSync(at('prunelens.json'), JSON.stringify({ data: 'reading.py#pair', python: TEST_PYTHON }));
    const train = (out: string, epochs: number, more: readonly string[] = []) =>
      prunelens([
        ...['train', `${at('net.py')}#net()`, '--backend', 'cpu', '--batch-size', '10', '--lr', '0.01'],
        ...['--epochs', String(epochs), '--out', at(out), '--json', ...more],
      ]);
    const lossesOf = (stdout: string) =>
      JSON.parse(stdout).epochs.map((epoch: { trainLoss: number; testLoss: number }) => [
        epoch.trainLoss,
        epoch.testLoss,
      ]);

    it('gives the same curve with two readers, and after it was stopped; speeds are told', async () => {
      const whole = await train('whole', 3);
      expect([whole.code, whole.stderr]).toEqual([0, expect.stringContaining('examples, opened in')]);
      expect(JSON.parse(whole.stdout)).toMatchObject({
        readPerSecond: expect.any(Number),
        trainedPerSecond: expect.any(Number),
      });
      const losses = lossesOf(whole.stdout);
      expect(losses[2][0]).toBeLessThan(losses[0][0]);
      expect(lossesOf((await train('two', 3, ['--data-workers', '2'])).stdout)).toEqual(losses);
      expect(existsSync(at('reading.log'))).toBe(false);

      // In the second epoch an item cannot be read: the first one is kept.
      const text = readFileSync(at('reading.py'), 'utf8');
      const broken = text.replace(
        '    def __getitem__(self, index):\n',
        `$&        self.reads = getattr(self, "reads", 0) + 1
        if self.reads > 110:
            raise OSError("disk is gone")
`,
      );
      expect(broken).not.toBe(text);
      writeFileSync(at('reading.py'), broken);
      const failed = await train('stopped', 3);
      expect([failed.code, failed.stderr]).toEqual([
        1,
        expect.stringMatching(/reading\.py:\d+:\d+: .*reading\.py#pair \(train\)\[\d+\]: OSError: disk is gone/),
      ]);
      writeFileSync(at('reading.py'), text);
      expect(lossesOf((await train('stopped', 3, ['--resume'])).stdout)).toEqual(losses);
    });

    it('runs no code where the workspace is not trusted', () => {
      expect(() => checkDataTrust('train.py#train_set', false)).toThrow('not trusted');
      expect(() => checkDataTrust('mnist', false)).not.toThrow();
    });
  },
);
