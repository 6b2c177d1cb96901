/** Loads the description of a model: a module is run, JSON is read. */
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { version as tensorflowVersion } from '@tensorflow/tfjs/package.json';
import { readText } from '../../files/regular';
import { withTemporaryFolder } from '../../files/temporaryFolder';
import { printToStandardError } from '../../processes/modelOutput';
import { UserError } from '../../protocol/errors';
import { withinStack } from '../depth';
import { createNeighbours } from '../neighbours';
import type { LoadOptions, ModelSpecifier } from '../types';
import { unsavedTexts } from '../unsavedTexts';
import { workspaceOf } from '../workspace';
import type { ModelDescription } from './description';
import { type ModuleOutline, outlineModule } from './discovery/moduleModels';
import { isArchive, isKerasJson } from './extensions';
import { readKerasJson } from './json/kerasJson';
import { readManifestWeights } from './json/manifestWeights';
import { type RunOptions, runLoader } from './loaderRunner';
import { bundleSource } from './sourceBundle';
import { tensorflowFor } from './tensorflowCopy';

/** The bundles that loader processes are made of. */
export interface LoaderFiles {
  /** Bundle of `loaderProcess.ts`. */
  readonly loader: string;
  /** Bundle of `tensorflowEntry.ts`. */
  readonly tensorflow: string;
  /** Bundle of `archiveProcess.ts`. */
  readonly archive: string;
}

export interface KerasLoadOptions extends LoadOptions {
  /** Where the loader is; beside the running bundle by default. */
  readonly loaderFiles?: LoaderFiles;
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_MEMORY_LIMIT_MIB = 4096;
const BYTES_PER_MIB = 2 ** 20;

function bundledLoaderFiles(): LoaderFiles {
  return {
    loader: join(__dirname, 'loader.js'),
    tensorflow: join(__dirname, 'tfjs.js'),
    archive: join(__dirname, 'archive.js'),
  };
}

/** @throws UserError for a file that exports nothing, which would be run for nothing. */
function checkExports(file: string, { exportsNothing, unexported }: ModuleOutline): void {
  if (!exportsNothing) return;
  const [first] = unexported;
  throw new UserError(`${basename(file)} exports nothing, so no model can be taken from it.`, {
    location: { file, line: 1, column: 1 },
    hint:
      first === undefined
        ? 'Export a tf.LayersModel, or a function without required parameters that returns one.'
        : `Export the model or the function that builds it: export { ${first} }.`,
  });
}

function runOptions(loaderFile: string, options: KerasLoadOptions): RunOptions {
  return {
    loaderFile,
    timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    memoryLimit: (options.memoryLimitMiB ?? DEFAULT_MEMORY_LIMIT_MIB) * BYTES_PER_MIB,
    onOutput: options.onOutput ?? printToStandardError,
    ...(options.signal && { signal: options.signal }),
  };
}

/** A model with its weights, read in a process of its own. */
function loadArchive(file: string, options: KerasLoadOptions): Promise<ModelDescription> {
  const { archive } = options.loaderFiles ?? bundledLoaderFiles();
  // What the reader of HDF5 prints of a damaged file says nothing to people.
  return runLoader({ file }, { ...runOptions(archive, options), onOutput: () => undefined });
}

/** The expression that makes the model: what is named may be one, and the settings may say how a function is called. */
function constructOf(exportName: string | undefined, said: string | undefined): { readonly construct?: string } {
  if (exportName !== undefined && /^[\w$.]+\(.*\)$/s.test(exportName)) return { construct: exportName };
  const isMeant = said !== undefined && (exportName === undefined || said.startsWith(`${exportName}(`));
  return isMeant ? { construct: said } : {};
}

async function loadModule(
  file: string,
  exportName: string | undefined,
  options: KerasLoadOptions,
): Promise<ModelDescription> {
  const { loader, tensorflow } = options.loaderFiles ?? bundledLoaderFiles();
  const texts = unsavedTexts(options.unsaved);
  const text = texts.get(file) ?? (await readText(file));
  const neighbours = createNeighbours((path) => texts.get(path));
  const outline = withinStack(file, () => outlineModule(text, file, neighbours));
  checkExports(file, outline);
  const { code, imports, ...bundle } = await bundleSource(file, texts);
  return withTemporaryFolder(async (folder) => {
    const bundleFile = join(folder, 'model.mjs');
    await writeFile(bundleFile, code);
    const job = {
      file,
      ...(exportName !== undefined && { exportName }),
      ...constructOf(exportName, options.setup?.construct),
      exportLocations: outline.locations,
      knownModels: outline.models,
      callable: outline.callable,
      bundleFile,
      ...bundle,
      workspace: options.workspaceFolder ?? workspaceOf(file),
      allow: options.setup?.allow ?? [],
      tensorflowFile: tensorflowFor(dirname(file), tensorflow, tensorflowVersion),
    };
    const description = await runLoader(job, runOptions(loader, options));
    return { ...description, reads: [...new Set([...imports, ...(description.reads ?? [])])] };
  });
}

/**
 * The description of a model. Modules are bundled and run in a process of their own; JSON and archives are only read.
 *
 * @throws UserError (kind `usage`) when the export does not exist; UserError with file, line and column for anything that is
 *   wrong with the definition or with what it does when it runs.
 */
export async function loadDescription(
  { file, exportName }: ModelSpecifier,
  options: KerasLoadOptions,
): Promise<ModelDescription> {
  options.signal?.throwIfAborted();
  if (isArchive(file)) return loadArchive(file, options);
  if (!isKerasJson(file)) return loadModule(file, exportName, options);
  const text = unsavedTexts(options.unsaved).get(file) ?? (await readText(file));
  return readManifestWeights(readKerasJson(text, file), text);
}
