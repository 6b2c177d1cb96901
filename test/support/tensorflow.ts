/** A Python that has TensorFlow, and the sources of tfjs-node-gpu's binding, for tests that build it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');
const CACHE = join(REPOSITORY, '.cache/tensorflow');

/** Folder that stands for site-packages: see build-tensorflow.sh. */
const LIBRARY = join(CACHE, 'library');

/** An interpreter, and what it needs in its environment to find TensorFlow. */
export interface TensorflowPython {
  readonly python: string;
  readonly environment: { readonly [name: string]: string };
}

/** `PRUNELENS_TEST_TENSORFLOW_PYTHON`, else python3 with the library of `test/support/build-tensorflow.sh .cache/tensorflow`. */
export const TENSORFLOW_PYTHON: TensorflowPython =
  process.env.PRUNELENS_TEST_TENSORFLOW_PYTHON === undefined
    ? { python: 'python3', environment: { PYTHONPATH: LIBRARY } }
    : { python: process.env.PRUNELENS_TEST_TENSORFLOW_PYTHON, environment: {} };

/** The package with the binding's sources. */
export const BINDING_PACKAGE = join(CACHE, 'node_modules/@tensorflow/tfjs-node-gpu');

/** Why the binding cannot be built here, as in "left out because …"; undefined where it can. */
export function whyNoBuild(): string | undefined {
  const advice = 'run bash test/support/build-tensorflow.sh .cache/tensorflow';
  if (!existsSync(BINDING_PACKAGE)) return `the sources of TensorFlow's binding are not there: ${advice}`;
  for (const [command, argument] of [
    ['g++', '--version'],
    ['make', '--version'],
    [TENSORFLOW_PYTHON.python, '--version'],
  ]) {
    if (spawnSync(command, [argument]).status !== 0) return `there is no ${command}`;
  }
  const isNamed = process.env.PRUNELENS_TEST_TENSORFLOW_PYTHON !== undefined;
  if (isNamed || existsSync(join(LIBRARY, 'tensorflow/__init__.py'))) return undefined;
  return `there is no TensorFlow: ${advice}`;
}
