/** Changing `prunelens.json` on disk, keeping everything else in the file as it is. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type ParseError, parse } from 'jsonc-parser';
import { writeFileAtomic } from '../../files/atomic';
import { readText } from '../../files/regular';
import { UserError } from '../../protocol/errors';
import { findSettingsFile, SETTINGS_FILE } from '../../settings/find';

export const FORMATTING = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** The value of a settings file. @throws UserError where the text has a mistake, which is for its author to mend. */
export function parseSettingsText(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) throw new UserError(`The ${SETTINGS_FILE} has a mistake and was left as it is.`);
  return value;
}

/**
 * Writes the settings file of a model anew, or a new one in `folder`. Returns the file.
 *
 * @param edit The new text, from the present one and from a function that gives paths as the file writes them: relative to
 *   itself, with `/` between.
 */
export async function writeSettings(
  modelFile: string,
  folder: string,
  edit: (text: string, pathOf: (file: string) => string) => string,
): Promise<string> {
  const file = findSettingsFile(modelFile) ?? join(folder, SETTINGS_FILE);
  const text = existsSync(file) ? await readText(file) : '{}\n';
  const pathOf = (path: string) => relative(dirname(file), path).split(sep).join('/');
  await writeFileAtomic(file, edit(text, pathOf));
  return file;
}
