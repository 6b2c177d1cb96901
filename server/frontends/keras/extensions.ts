/** The files that can hold models: modules, which are run, and Keras topologies, which are read. */
import { basename, extname } from 'node:path';

export const MODULE_EXTENSIONS: readonly string[] = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
export const KERAS_EXTENSION = '.json';

/** Models with their weights, as Keras saves them. */
export const ARCHIVE_EXTENSIONS: readonly string[] = ['.keras', '.h5', '.hdf5'];

export function isArchive(file: string): boolean {
  return ARCHIVE_EXTENSIONS.includes(extname(file).toLowerCase());
}

export function isKerasJson(file: string): boolean {
  return extname(file).toLowerCase() === KERAS_EXTENSION;
}

/** Whether a module holds code, and not types alone. */
export function isModule(file: string): boolean {
  return MODULE_EXTENSIONS.includes(extname(file).toLowerCase()) && !/\.d\.[cm]?ts$/.test(basename(file));
}
