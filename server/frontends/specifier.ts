/** `file.ts`, `file.ts#exportName` and `model.json`: how a model is named on the command line and in settings. */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { usageError } from '../protocol/errors';
import { FRONT_ENDS, frontEndFor } from './registry';
import type { FrontEnd, ModelSpecifier } from './types';

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * Splits a model specifier and checks that its file exists.
 *
 * @throws UserError (usage) for a missing file, a folder, an unknown extension, or a name after `#` that the file cannot have.
 */
export function parseModelSpecifier(specifier: string, frontEnds: readonly FrontEnd[] = FRONT_ENDS): ModelSpecifier {
  const hash = isFile(specifier) ? -1 : specifier.lastIndexOf('#');
  const file = resolve(hash < 0 ? specifier : specifier.slice(0, hash));
  const exportName = hash < 0 ? undefined : specifier.slice(hash + 1);
  if (!isFile(file)) {
    const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
    throw isFolder
      ? usageError(`${file} is a folder, not a model file.`, 'Name one file in it; `prunelens models` lists them.')
      : usageError(`The model file ${file} does not exist.`, 'Check the path; `prunelens models` lists what is there.');
  }
  const frontEnd = frontEndFor(file, frontEnds);
  if (!frontEnd) {
    throw usageError(
      `${file} is no model file: its extension is "${extname(file).toLowerCase()}".`,
      `A model is ${frontEnds.map(({ files }) => files).join(', or ')}.`,
    );
  }
  if (exportName === undefined) return { file };
  frontEnd.checkExport(file, exportName);
  if (exportName === '') {
    throw usageError(`No export is named after "#" in "${specifier}".`, 'Write file.ts#exportName, or only file.ts.');
  }
  return { file, exportName };
}
