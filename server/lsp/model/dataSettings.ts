/** Writing down in `prunelens.json` which data a model is for, keeping everything else in the file as it is. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { applyEdits, modify, type ParseError, parse } from 'jsonc-parser';
import { writeFileAtomic } from '../../files/atomic';
import { UserError } from '../../protocol/errors';
import { findSettingsFile, SETTINGS_FILE } from '../../settings/find';

const FORMATTING = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** `text`, the contents of a settings file, with a first rule that gives `data` to the models matching `models`. */
export function withDataRule(text: string, models: string, data: string): string {
  const errors: ParseError[] = [];
  const current = (parse(text, errors, { allowTrailingComma: true }) as { data?: unknown } | undefined)?.data;
  if (errors.length > 0) throw new UserError(`The ${SETTINGS_FILE} has a mistake and was left as it is.`);
  const rule = { models, data };
  if (Array.isArray(current)) {
    const options = { ...FORMATTING, isArrayInsertion: true };
    return applyEdits(text, modify(text, ['data', 0], rule, options));
  }
  const others = typeof current === 'string' ? [{ models: '**', data: current }] : [];
  return applyEdits(text, modify(text, ['data'], [rule, ...others], FORMATTING));
}

/** Writes the rule into the settings file of a model, or into a new one in `folder`. Returns the file. */
export async function writeDataRule(modelFile: string, folder: string, data: string): Promise<string> {
  const file = findSettingsFile(modelFile) ?? join(folder, SETTINGS_FILE);
  const text = existsSync(file) ? await readFile(file, 'utf8') : '{}\n';
  const models = relative(dirname(file), modelFile).split(sep).join('/');
  await writeFileAtomic(file, withDataRule(text, models.includes('/') ? models : `./${models}`, data));
  return file;
}
