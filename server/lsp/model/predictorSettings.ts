/** Writing down in `prunelens.json` which predictor AutoS uses, keeping everything else in the file as it is. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { applyEdits, modify, type ParseError, parse } from 'jsonc-parser';
import { writeFileAtomic } from '../../files/atomic';
import { UserError } from '../../protocol/errors';
import { findSettingsFile, SETTINGS_FILE } from '../../settings/find';

const FORMATTING = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** Writes the predictor into the settings file of a model, or into a new one in `folder`. Returns the file. */
export async function writePredictorSetting(modelFile: string, folder: string, predictor: string): Promise<string> {
  const file = findSettingsFile(modelFile) ?? join(folder, SETTINGS_FILE);
  const text = existsSync(file) ? await readFile(file, 'utf8') : '{}\n';
  const errors: ParseError[] = [];
  parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) throw new UserError(`The ${SETTINGS_FILE} has a mistake and was left as it is.`);
  const path = relative(dirname(file), predictor).split(sep).join('/');
  await writeFileAtomic(file, applyEdits(text, modify(text, ['predictor'], path, FORMATTING)));
  return file;
}
