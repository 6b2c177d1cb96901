/** PyTorch models made smaller: by a module that cuts the user's own class, proved in PyTorch, refused at the line where a width is written down. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { torchFixture } from '../support/exportTorch';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const FILE = torchFixture('shrinkable.py');

const shrink = (model: string, out: string, more: readonly string[]) =>
  prunelens([
    ...['shrink', `${FILE}#${model}`, '--python', TEST_PYTHON, '--backend', 'cpu', '--input', '3,8,8', '--json'],
    ...['--out', at(out), ...more],
  ]);

describe.skipIf(missing !== undefined)(
  `smaller models of PyTorch${missing ? ` (left out because ${missing})` : ''}`,
  { timeout: 400_000 },
  () => {
    it('are cut out of the user’s own class, and give what the masked one gives', async () => {
      const half = ['--method', 'magnitude', '--sparsity', '0.5', '--selection', 'per-layer'];
      const { code, stdout, stderr } = await shrink('Several', 'small', [...half, '--measure', '--batch-size', '2']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('In PyTorch it gives what the masked model gives')]);
      const result = JSON.parse(readFileSync(at('small/result.json'), 'utf8'));
      expect(result).toMatchObject({ name: 'Several', ...JSON.parse(stdout), method: 'magnitude', adapt: 'keep' });
      expect(result.difference).toBeLessThan(1e-12);
      expect(result.differenceFloat32).toBeLessThan(1e-5);
      expect(result.bytes.after).toBeLessThan(result.bytes.before / 2);
      expect(result.shrunkMacs).toBeLessThan(result.denseMacs / 2);
      const seconds = { denseSeconds: expect.any(Number), shrunkSeconds: expect.any(Number) };
      expect(result.measured).toEqual({ batchSize: 2, ...seconds, evaluation: seconds });
      expect(existsSync(at('small/model.onnx'))).toBe(result.noOnnx === undefined);

      const report = JSON.parse(execFileSync(TEST_PYTHON, [FILE, at('small')], { encoding: 'utf8' }));
      expect(report).toMatchObject({ stem: 4, groups: true, hidden: true });
      expect(report.difference).toBeLessThan(1e-5);
      // Running means and variances are no parameters of PyTorch.
      expect(report.parameters).toBe(result.keptParameters - 2 * 4);
      expect(report.twice).toMatch(/ is \(8, 1, 1\) in the model, and \(16, 1, 1\) where its channels were chosen/);
      expect(report.other).toContain('written for another one');
    });

    it('are refused with the line that another width does not go with', async () => {
      const line =
        readFileSync(FILE, 'utf8')
          .split('\n')
          .findIndex((text) => text.includes('x.view(-1')) + 1;
      const half = ['--method', 'magnitude', '--sparsity', '0.5'];
      const { code, stderr } = await shrink('WrittenDown', 'refused', half);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(`shrinkable\\.py:${line}:1: .*forward needs the width that it was written for`),
        ),
      ]);
      expect(existsSync(at('refused'))).toBe(false);
    });
  },
);
