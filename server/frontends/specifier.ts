/** `file.ts`, `file.ts#exportName`, `net.py#Net(10)` and `model.json`: how a model is named on the command line and in settings. */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { usageError } from '../protocol/errors';
import { joinModelName, splitModelName } from '../protocol/modelNames';
import { FRONT_ENDS, frontEndFor } from './registry';
import type { FrontEnd, ModelSpecifier } from './types';

export { joinModelName as joinModelSpecifier };

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * The two parts of a specifier, as they are written: the one place that knows how a file and its export are told apart. A file
 * whose whole name contains `#` wins; what follows the first `.py#` is an expression; no other export has a `/` or `\\` in its
 * name. The file need not exist.
 */
export function splitModelSpecifier(specifier: string): { readonly file: string; readonly exportName?: string } {
  return isFile(specifier) ? { file: specifier } : splitModelName(specifier);
}

/**
 * Splits a model specifier and checks that its file exists.
 *
 * @throws UserError (usage) for a missing file, a folder, an unknown extension, or a name after `#` that the file cannot have.
 */
export function parseModelSpecifier(specifier: string, frontEnds: readonly FrontEnd[] = FRONT_ENDS): ModelSpecifier {
  const { file: path, exportName } = splitModelSpecifier(specifier);
  const file = resolve(path);
  if (!isFile(file)) {
    const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
    throw isFolder
      ? usageError(`${file} is a folder, not a model file.`, 'Name one file in it; `prunelens models` lists them.')
      : usageError(`The model file ${file} does not exist.`, 'Check the path; `prunelens models` lists what is there.');
  }
  const frontEnd = frontEndFor(file, frontEnds);
  if (!frontEnd) {
    const relative = frontEnds.flatMap(({ relatives }) => relatives?.[extname(file).toLowerCase()] ?? [])[0];
    if (relative) throw usageError(`${file} is ${relative.what}, which PruneLens does not read.`, relative.hint);
    throw usageError(
      `${file} is not a model file: its extension is "${extname(file).toLowerCase()}".`,
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

/**
 * Refuses a model whose loading runs its code where code may not run. What counts is what would be done with the file: a
 * `.json` is read as data, whatever it links to.
 *
 * @throws UserError (usage) for a model that runs code where `trusted` is false.
 */
export function checkTrust(
  { file }: ModelSpecifier,
  trusted: boolean,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): void {
  if (trusted || frontEndFor(file, frontEnds)?.runsCode(file) === false) return;
  throw usageError(
    'This workspace is not trusted, so PruneLens does not run the code of its models.',
    'Trust the workspace, or use Keras models (.json).',
  );
}
