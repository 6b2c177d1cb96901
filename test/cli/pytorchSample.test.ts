/** The lines of docs/pytorch.md that lead from `pip install torch` to a pruned training, run as they stand there on the sample. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, ROOT, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();

/** The commands of the first block under a heading. */
function linesUnder(heading: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs', 'pytorch.md'), 'utf8');
  const [, section] = text.split(`## ${heading}\n`);
  const block = /```sh\n([^`]*)```/.exec(section)![1];
  return block.split('\n').filter((line) => line !== '');
}

describe.skipIf(missing !== undefined)(
  `the way to a pruned training in PyTorch${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    it('is as the documentation tells it', async () => {
      const lines = linesUnder('From nothing to a pruned training');
      expect(lines.length).toBeLessThanOrEqual(10);
      expect(lines.slice(0, 2)).toEqual(['pip install torch', 'cd samples/pytorch']);
      cpSync(join(ROOT, 'samples', 'pytorch'), folder, { recursive: true });
      const accuracies: number[] = [];
      for (const line of lines.slice(2)) {
        const [command, ...args] = line.split(' ');
        if (command === 'python') {
          const env = { ...process.env, OMP_NUM_THREADS: '1' };
          const printed = execFileSync(TEST_PYTHON, args, { encoding: 'utf8', cwd: folder, env });
          expect(printed).toContain('sparsity 0.900, revived weights 0');
          accuracies.push(Number(/test accuracy (\S+),/.exec(printed)![1]));
          continue;
        }
        expect(command).toBe('prunelens');
        const json = args[0] === 'train' ? ['--json'] : [];
        const where = ['--python', TEST_PYTHON, '--backend', 'cpu'];
        const { code, stdout, stderr } = await prunelens([...args, ...where, ...json], { cwd: folder });
        expect([code, stderr], line).toEqual([0, expect.any(String)]);
        if (args[0] === 'train') accuracies.push(JSON.parse(stdout).final.testAccuracy);
      }
      const [here, there] = accuracies;
      expect(here).toBeGreaterThan(0.8);
      expect(Math.abs(here - there)).toBeLessThan(0.2);
    });
  },
);
