/** Which `prunelens.json` is a model's, and what it says for it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileFailure } from '../../files/failures';
import { matchesFile } from '../patterns';
import type { Settings, SettingsValues } from './types';

export const SETTINGS_FILE = 'prunelens.json';

/** The settings file beside `file` (absolute), or in the nearest folder above; undefined where there is none. */
export function findSettingsFile(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const candidate = join(folder, SETTINGS_FILE);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The data set that settings give to the model in `modelFile`; the first rule that matches counts. */
function dataFor(values: SettingsValues, settingsFile: string, modelFile: string): string | undefined {
  if (values.data === undefined || typeof values.data === 'string') return values.data;
  const path = relative(dirname(settingsFile), modelFile).split(sep).join('/');
  return values.data.find(({ models }) => matchesFile(models, path))?.data;
}

/**
 * The settings for the model in `modelFile` (absolute); empty where no file gives any.
 *
 * @throws UserError with the places of mistakes in the settings file.
 */
export async function settingsFor(modelFile: string): Promise<Settings> {
  const file = findSettingsFile(modelFile);
  if (file === undefined) return {};
  const text = await readFile(file, 'utf8').catch((error) => {
    throw fileFailure(error, 'read', file);
  });
  const { parseSettings } = await import('./read');
  const all = parseSettings(text, file);
  const { data: _, ...values } = all;
  const name = dataFor(all, file, modelFile);
  return { ...values, file, ...(name !== undefined && { data: { name, baseFolder: dirname(file) } }) };
}
