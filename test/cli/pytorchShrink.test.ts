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

    it('have fewer heads of attention, fewer groups of a normalization, and halves that stay equal', async () => {
      const half = ['--method', 'magnitude', '--sparsity', '0.5', '--selection', 'per-layer'];
      const { code, stderr } = await shrink('Attending', 'heads', half);
      expect([code, stderr]).toEqual([0, expect.stringContaining('In PyTorch it gives what the masked model gives')]);
      const result = JSON.parse(readFileSync(at('heads/result.json'), 'utf8'));
      expect(result.difference).toBeLessThan(1e-12);
      const kept = Object.fromEntries(
        result.groups.map((group: { weights: string[]; kept: number }) => [group.weights[0], group.kept]),
      );
      expect(kept).toEqual({
        'patches.weight': 2,
        'own.qkv.weight': 2,
        'layer.self_attn.in_proj_weight': 2,
        'layer.linear1.weight': 12,
        'weighing.in_proj_weight': 2,
        'gated.weight': 10,
        'lstm.weight_ih_l0': 5,
      });
      const reasons = new Map(result.uncut.map((one: { weight: string; reason: string }) => [one.weight, one.reason]));
      expect(reasons.get('two.weight_hh_l1')).toContain('one width');
      // What forward reads of its heads follows.
      const [, numbers] = /NUMBERS = json.loads\(r"""(.*)"""\)/.exec(readFileSync(at('heads/shrink.py'), 'utf8'))!;
      expect(JSON.parse(numbers)).toEqual({
        own: { inner: 8, num_heads: 2 },
        gated: { outputs: 20 },
        back: { inputs: 10 },
      });
    });

    it('keep modules whole whose code takes the width of a head from its input, and say which and where', async () => {
      const half = ['--method', 'magnitude', '--sparsity', '0.5', '--selection', 'per-layer'];
      const { code, stdout, stderr } = await shrink('Attending(fixed=True)', 'whole', half);
      const line =
        readFileSync(FILE, 'utf8')
          .split('\n')
          .findIndex((text) => text.includes('self.qkv(x).reshape(')) + 1;
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(new RegExp(`own stays whole: the code of Heads .*\\(.*shrinkable\\.py:${line}\\)`)),
      ]);
      const result = JSON.parse(stdout);
      expect(result.difference).toBeLessThan(1e-12);
      expect(result.whole).toEqual([{ modules: ['own'], reason: expect.any(String), file: FILE, line }]);
      const uncut = new Map(result.uncut.map((one: { weight: string; reason: string }) => [one.weight, one.reason]));
      expect(uncut.get('own.qkv.weight')).toContain(`shrinkable.py:${line}`);
      const kept = (name: string) =>
        result.groups.find(({ weights }: { weights: string[] }) => weights.includes(name))?.kept;
      expect([kept('own.qkv.weight'), kept('weighing.in_proj_weight'), kept('gated.weight')]).toEqual([
        undefined,
        2,
        10,
      ]);
    });

    it.each([['WrittenDown', 'x.view(-1']])(
      'are refused with the line that another width does not go with: %s',
      async (model, code) => {
        const line =
          readFileSync(FILE, 'utf8')
            .split('\n')
            .findIndex((text) => text.includes(code)) + 1;
        const half = ['--method', 'magnitude', '--sparsity', '0.5', '--selection', 'per-layer'];
        const refused = await shrink(model, 'refused', half);
        expect([refused.code, refused.stderr]).toEqual([
          1,
          expect.stringMatching(
            new RegExp(`shrinkable\\.py:${line}:1: .*forward needs the width that it was written for`),
          ),
        ]);
        expect(existsSync(at('refused'))).toBe(false);
      },
    );
  },
);
