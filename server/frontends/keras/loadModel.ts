/** Loads a model definition, whatever it is written in. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { version as tensorflowVersion } from '@tensorflow/tfjs/package.json';
import type { ModelDescription } from '../../protocol/model';
import type { UnsavedFile } from '../../protocol/worker';
import { locateExports } from './discovery/moduleModels';
import { readKerasJson } from './json/kerasJson';
import { readManifestWeights } from './json/manifestWeights';
import { runLoader } from './loaderRunner';
import { checkTrust, type ModelSpecifier, parseModelSpecifier } from './modelSpecifier';
import { bundleSource } from './sourceBundle';
import { tensorflowFor } from './tensorflowCopy';
import { unsavedTexts } from './unsavedTexts';

/** The two bundles that the loader process is made of. */
export interface LoaderFiles {
  /** Bundle of `loaderProcess.ts`. */
  readonly loader: string;
  /** Bundle of `tensorflowEntry.ts`. */
  readonly tensorflow: string;
}

export interface LoadOptions {
  /** Whether the code of a module may run: what the user names on the command line may, a workspace must be trusted. */
  readonly trusted: boolean;
  /** Deadline of the user's code, from the start of its process; 30 by default. */
  readonly timeoutSeconds?: number;
  /** Memory in MiB that the user's code may use; 4096 by default. */
  readonly memoryLimitMiB?: number;
  /** Ends the loading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Receives each line that the user's code prints; standard error by default. */
  readonly onOutput?: (line: string) => void;
  /** Texts that count instead of what is on disk, for the model file and for the files it imports. */
  readonly unsaved?: readonly UnsavedFile[];
  /** Where the loader is; beside the running bundle by default. */
  readonly loaderFiles?: LoaderFiles;
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_MEMORY_LIMIT_MIB = 4096;
const BYTES_PER_MIB = 2 ** 20;

function bundledLoaderFiles(): LoaderFiles {
  return { loader: join(__dirname, 'loader.js'), tensorflow: join(__dirname, 'tfjs.js') };
}

function printToStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function loadModule(
  file: string,
  exportName: string | undefined,
  options: LoadOptions,
): Promise<ModelDescription> {
  const { loader, tensorflow } = options.loaderFiles ?? bundledLoaderFiles();
  const texts = unsavedTexts(options.unsaved);
  const { code, ...bundle } = await bundleSource(file, texts);
  const folder = await mkdtemp(join(tmpdir(), 'prunelens-'));
  try {
    const bundleFile = join(folder, 'model.mjs');
    await writeFile(bundleFile, code);
    const job = {
      file,
      ...(exportName !== undefined && { exportName }),
      exportLocations: locateExports(texts.get(file) ?? (await readFile(file, 'utf8')), file),
      bundleFile,
      ...bundle,
      tensorflowFile: tensorflowFor(dirname(file), tensorflow, tensorflowVersion),
    };
    return await runLoader(job, {
      loaderFile: loader,
      timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      memoryLimit: (options.memoryLimitMiB ?? DEFAULT_MEMORY_LIMIT_MIB) * BYTES_PER_MIB,
      onOutput: options.onOutput ?? printToStandardError,
      ...(options.signal && { signal: options.signal }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Loads a model by its specifier: `file.ts`, `file.ts#exportName`, or a Keras or tfjs `.json`, or what one was resolved to.
 * Modules are bundled and run in a process of their own; JSON is only read.
 *
 * @throws UserError (kind `usage`) when the file or export does not exist, and for a module that may not run; UserError with
 *   file, line and column for anything that is wrong with the definition or with what it does when it runs.
 */
export async function loadModel(specifier: string | ModelSpecifier, options: LoadOptions): Promise<ModelDescription> {
  options.signal?.throwIfAborted();
  const model = typeof specifier === 'string' ? parseModelSpecifier(specifier) : specifier;
  checkTrust(model, options.trusted);
  const { file, exportName, kind } = model;
  if (kind === 'module') return loadModule(file, exportName, options);
  const text = unsavedTexts(options.unsaved).get(file) ?? (await readFile(file, 'utf8'));
  return readManifestWeights(readKerasJson(text, file), text);
}
