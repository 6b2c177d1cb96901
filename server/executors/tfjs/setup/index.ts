/** `prunelens setup tensorflow`: the binding of tfjs-node-gpu, built against the TensorFlow of the user's Python. */
import { chmod, copyFile, mkdir, mkdtemp, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeJsonAtomic } from '../../../files/atomic';
import { fileFailure } from '../../../files/failures';
import type { InterpreterChoice } from '../../../python/find';
import { ownFile } from '../binding';
import { findTensorflow, type InstalledTensorflow } from './findTensorflow';
import { layOut } from './layout';
import { BINDING_FILE, type BindingRecord, bindingFolder, builtBinding, RECORD_FILE, RECORD_FORMAT } from './place';
import { bundledPrograms, compile, type RunOptions, type SetupPrograms, testModule } from './run';
import { checkTools } from './tools';

export interface SetupOptions {
  readonly interpreter: InterpreterChoice;
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly onProgress?: (message: string) => void;
  /** That of this process by default. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly programs?: SetupPrograms;
  /** File from which packages are resolved; the bundle by default. */
  readonly origin?: string;
}

export interface SetUp extends BindingRecord {
  /** What it computes on. */
  readonly device: string;
}

/** Puts the folder `made` in the place of `folder`, which may be there. */
async function replace(made: string, folder: string): Promise<void> {
  const old = `${made}.old`;
  await rename(folder, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(made, folder);
  await rm(old, { recursive: true, force: true });
}

/** Removes the folders that hold the binding where they are empty. */
async function removeEmptyFolders(place: string): Promise<void> {
  for (const folder of [dirname(place), dirname(dirname(place))]) {
    try {
      await rmdir(folder);
    } catch {
      // Something else is in it, or it was never there.
      return;
    }
  }
}

/** Tests the module that was compiled in a folder beside its place, and moves it there. */
async function install(module: string, tensorflow: InstalledTensorflow, options: RunOptions): Promise<SetUp> {
  const place = bindingFolder(options.environment);
  await mkdir(dirname(place), { recursive: true });
  const made = await mkdtemp(join(dirname(place), '.new-'));
  try {
    const { version, folder, python } = tensorflow;
    const record: BindingRecord = { format: RECORD_FORMAT, tensorflow: version, folder, python };
    await copyFile(module, join(made, BINDING_FILE));
    const device = await testModule(join(made, BINDING_FILE), options);
    await writeJsonAtomic(join(made, RECORD_FILE), record);
    await chmod(made, 0o755);
    await replace(made, place);
    return { ...record, device };
  } finally {
    await rm(made, { recursive: true, force: true });
    await removeEmptyFolders(place);
  }
}

/**
 * Finds TensorFlow in the user's Python, builds the binding against it, tests it and keeps it in the user's cache folder. Nothing
 * is downloaded, and on a failure nothing is left behind: a binding that was there stays.
 *
 * @throws UserError in one sentence for what is missing or fails; the signal's reason when it is aborted.
 */
export async function setUpTensorflow(options: SetupOptions): Promise<SetUp> {
  const { interpreter, signal, onProgress = () => {}, environment = process.env, origin = ownFile() } = options;
  checkTools(environment);
  onProgress('Looking for TensorFlow');
  const tensorflow = await findTensorflow({ environment, ...interpreter }, signal);
  const running = { programs: options.programs ?? bundledPrograms(), environment, signal };
  // The temporary folder's path has no spaces, which make could not have.
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'prunelens-tensorflow-'));
  try {
    await layOut(folder, tensorflow, origin);
    onProgress(`Compiling the binding for TensorFlow ${tensorflow.version}, which takes a minute or two`);
    const module = await compile(folder, tensorflow.python, running);
    onProgress('Testing it');
    return await install(module, tensorflow, running);
  } catch (error) {
    throw fileFailure(error, 'write', bindingFolder(environment));
  } finally {
    // Compilers that were ended may still be at their last files.
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes the binding that was built; false where there is none. */
export async function removeTensorflow(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const wasThere = builtBinding(environment) !== undefined;
  const folder = bindingFolder(environment);
  await rm(folder, { recursive: true, force: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
  await removeEmptyFolders(folder);
  return wasThere;
}
