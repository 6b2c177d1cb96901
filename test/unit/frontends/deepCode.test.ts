/** Code that nobody wrote: nested deeper than the stack, or made to be searched for ever. It hides nothing else and takes no time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findModels } from '../../../server/frontends';
import { findDataSets } from '../../../server/frontends/torch/discovery/findDataSets';
import type { UserError } from '../../../server/protocol/errors';
import { cpuTime } from '../../support/cpuTime';
import { temporaryFolder } from '../../support/models';

const GOOD = "import * as tf from '@tensorflow/tfjs';\nexport const net = () => tf.sequential();\n";

const TYPESCRIPT = {
  parentheses: (n: number) => '('.repeat(n),
  arrays: (n: number) => '['.repeat(n),
  blocks: (n: number) => '{'.repeat(n),
  templates: (n: number) => '`${'.repeat(n),
  negations: (n: number) => `!`.repeat(n),
  arrows: (n: number) => `${'a=>'.repeat(n)}a`,
  conditions: (n: number) => `export const b = ${'a?b:'.repeat(n)}c`,
  sums: (n: number) => `export const b = a${'+a'.repeat(n)}`,
  calls: (n: number) => `export const b = a${'()'.repeat(n)}`,
  members: (n: number) => `export const b = tf${'.b'.repeat(n)}`,
  assertions: (n: number) => `export const b = a${' as b'.repeat(n)}`,
  branches: (n: number) => `if(a){}${'else if(a){}'.repeat(n)}`,
  types: (n: number) => `type A = ${'B<'.repeat(n)}`,
  elements: (n: number) => `export const data = [${'1,'.repeat(10 * n)}]`,
};

const PYTHON = {
  parentheses: (n: number) => '('.repeat(n),
  attributes: (n: number) => `net = nn${'.a'.repeat(n)}`,
  calls: (n: number) => `net = nn${'()'.repeat(n)}`,
  blocks: (n: number) => Array.from({ length: Math.min(n, 400) }, (_, i) => `${' '.repeat(i)}if a:\n`).join(''),
  chains: (n: number) => Array.from({ length: n }, (_, i) => `v${i + 1} = v${i}\n`).join(''),
  choices: (n: number) =>
    `def net():\n${Array.from({ length: n }, (_, i) => `  v${i + 1} = v${i} if a else v${i}\n`).join('')}  return v${n}\n`,
  again: (n: number) => `def net():\n${'  v = v + v\n  v = nn.a(v)\n'.repeat(n)}  return v\n`,
  names: (n: number) =>
    `from a import ${Array.from({ length: n }, (_, i) => `n${i}`).join(', ')}\nv = n1(n2)\n`.repeat(2),
  stars: (n: number) =>
    `${'from .a import *\n'.repeat(n)}${Array.from({ length: n }, (_, i) => `v${i} = w${i}()\n`).join('')}`,
  classes: (n: number) =>
    Array.from(
      { length: n },
      (_, i) => `class C${i}(nn.Module):\n  def __init__(self, width): self.a = C${i + 1}()\n`,
    ).join(''),
};

it.each([1000, 5000])('code of %i levels is left out, and what is beside it found', async (levels) => {
  const folder = temporaryFolder({ 'good.ts': `${GOOD}` });
  for (const [name, make] of Object.entries(TYPESCRIPT)) {
    writeFileSync(join(folder, `${name}.ts`), `import * as tf from '@tensorflow/tfjs';\n${make(levels)}`);
  }
  for (const [name, make] of Object.entries(PYTHON)) {
    writeFileSync(join(folder, `${name}.py`), `from torch import nn\n${make(levels)}`);
  }
  const problems: UserError[] = [];
  const start = cpuTime();
  const found = await findModels(folder, { further: true, onProblem: (problem) => problems.push(problem) });
  expect(cpuTime() - start).toBeLessThan(60_000);
  expect(found.map(({ specifier }) => specifier)).toContain(join(folder, 'good.ts#net'));
  for (const { message } of problems) expect(message).not.toContain('call stack');
  for (const make of Object.values(PYTHON)) {
    try {
      findDataSets(make(levels));
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }
});
