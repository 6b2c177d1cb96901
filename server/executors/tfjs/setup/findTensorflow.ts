/** TensorFlow in the user's Python. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../protocol/errors';
import { askPython } from '../../../python/ask';
import { findInterpreter, type InterpreterChoice } from '../../../python/find';
import { isAtLeast } from '../../../python/start';

export interface InstalledTensorflow {
  readonly version: string;
  /** Folder of the Python package. */
  readonly folder: string;
  /** The interpreter that has it. */
  readonly python: string;
  /** Its libraries, in the order in which they are linked. */
  readonly libraries: readonly string[];
}

/** From this version on the wheels have all that the binding is compiled and linked against. */
const OLDEST = [2, 16] as const;

const DEADLINE_SECONDS = 60;

/** Begins the line of the answer; `find_tensorflow.py` has it too. */
const MARK = 'prunelens-tensorflow ';

const LIBRARIES: { readonly [platform: string]: readonly string[] } = {
  linux: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  darwin: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
};

/** The line that installs TensorFlow, with CUDA where there are wheels with it. */
function installLine(python: string): string {
  const what = process.platform === 'linux' && process.arch === 'x64' ? "'tensorflow[and-cuda]'" : 'tensorflow';
  return `"${python}" -m pip install ${what}`;
}

/**
 * The TensorFlow of the user's Python, which is started for that.
 *
 * @throws UserError which says what is missing and how to get it; the signal's reason when it is aborted.
 */
export async function findTensorflow(choice: InterpreterChoice, signal?: AbortSignal): Promise<InstalledTensorflow> {
  const names = LIBRARIES[process.platform];
  if (!names) throw new UserError("TensorFlow's wheels for Windows have no C library: use WSL, or another backend.");
  const found = findInterpreter(choice);
  if (!found) throw new UserError('No Python was found: install one with TensorFlow, or name it with --python.');
  const { path: python } = found;
  const asked = await askPython({
    interpreter: python,
    file: 'executors/tfjs/setup/find_tensorflow.py',
    mark: MARK,
    deadlineSeconds: DEADLINE_SECONDS,
    environment: choice.environment ?? process.env,
    ...(signal && { signal }),
  });
  if ('problem' in asked) throw new UserError(`${asked.problem}; choose a Python with --python.`);
  const { version, folder } = asked.answer;
  if (typeof folder !== 'string' || typeof version !== 'string') {
    throw new UserError(`${python} has no TensorFlow: install it with ${installLine(python)}`);
  }
  if (!isAtLeast(version, OLDEST)) {
    const oldest = OLDEST.join('.');
    throw new UserError(
      `${python} has TensorFlow ${version}, which is too old (${oldest} or later is needed): upgrade it with ${installLine(python)} --upgrade`,
    );
  }
  const libraries = names.map((name) => join(folder, name));
  const missing = [...libraries, join(folder, 'include')].find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new UserError(
      `TensorFlow ${version} lacks ${missing}: install the package of PyPI with ${installLine(python)}`,
    );
  }
  return { version, folder, python, libraries };
}
