/** The Python interpreter with PyTorch that tests use. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');

/** `PRUNELENS_TEST_PYTHON`, else the interpreter that `test/support/build-python.sh .cache/python` makes. */
export const TEST_PYTHON = process.env.PRUNELENS_TEST_PYTHON ?? resolve(REPOSITORY, '.cache/python/bin/python');

/** The same of tests that need a package beside it. */
export function whyNoPackage(name: string): string | undefined {
  const { status } = spawnSync(TEST_PYTHON, ['-c', `import ${name}`]);
  return (
    whyNoPython() ?? (status === 0 ? undefined : `${TEST_PYTHON} has no ${name}: name one by PRUNELENS_TEST_PYTHON`)
  );
}

/** Why tests that need PyTorch cannot run here, as in "left out because …"; undefined where they can. */
export function whyNoPython(): string | undefined {
  if (!existsSync(TEST_PYTHON)) {
    return `there is no Python with PyTorch (${TEST_PYTHON}): run bash test/support/build-python.sh .cache/python`;
  }
  const { status, stderr } = spawnSync(TEST_PYTHON, ['-c', 'import torch'], { encoding: 'utf8' });
  return status === 0 ? undefined : `${TEST_PYTHON} cannot import torch: ${stderr.trim().split('\n').at(-1)}`;
}
