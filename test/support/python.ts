/** The Python interpreter with PyTorch and Keras that tests use. */
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

/** Why tests that need a package cannot run here, as in "left out because …"; undefined where they can. */
function whyNot(title: string, code: string): string | undefined {
  if (!existsSync(TEST_PYTHON)) {
    return `there is no Python with ${title} (${TEST_PYTHON}): run bash test/support/build-python.sh .cache/python`;
  }
  const { status, stderr } = spawnSync(TEST_PYTHON, ['-c', code], { encoding: 'utf8' });
  return status === 0 ? undefined : `${TEST_PYTHON} cannot import ${title}: ${stderr.trim().split('\n').at(-1)}`;
}

/** Of tests that need PyTorch. */
export function whyNoPython(): string | undefined {
  return whyNot('PyTorch', 'import torch');
}

/** Of tests that need Keras, which computes with PyTorch in them. Importing it takes seconds, so that it is only looked for. */
export function whyNoKeras(): string | undefined {
  return whyNot('Keras', 'from importlib.metadata import version; version("keras"), version("torch")');
}
