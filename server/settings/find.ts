/** Which `prunelens.json` is a model's, and what it says for it. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import { matchesFile } from '../protocol/patterns';
import type { ModelRule, Settings, SettingsValues } from './types';

export const SETTINGS_FILE = 'prunelens.json';

/** The settings file beside `file` (absolute), or in the nearest folder above; undefined where there is none. */
export function findSettingsFile(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const candidate = join(folder, SETTINGS_FILE);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Whether a program is named as a command of PATH, or within the home folder, and not as a path from the settings file. */
function isCommand(program: string): boolean {
  return !/[/\\]/.test(program) || program.startsWith('~/');
}

function pythonPath(python: string, folder: string): string {
  return isCommand(python) ? python : resolve(folder, python);
}

function modelRules(models: readonly ModelRule[], path: string, folder: string): readonly ModelRule[] {
  return models
    .filter(({ file }) => matchesFile(file, path))
    .map((rule) => ({ ...rule, ...(rule.python !== undefined && { python: pythonPath(rule.python, folder) }) }));
}

/** What settings say for one model; `path` is the model's file from the folder of the settings, with `/` between. */
function valuesFor({ data, overrides = [], ...general }: SettingsValues, path: string) {
  const own = overrides.filter(({ models }) => matchesFile(models, path)).map(({ models: _, ...values }) => values);
  const dataset = Array.isArray(data) ? data.find(({ models }) => matchesFile(models, path))?.data : data;
  return { values: Object.assign({}, general, ...own) as Settings, dataset: dataset as string | undefined };
}

/**
 * The settings for the model in `modelFile` (absolute); empty where no file gives any.
 *
 * @throws UserError with the places of mistakes in the settings file.
 */
export async function settingsFor(modelFile: string): Promise<Settings> {
  const file = findSettingsFile(modelFile);
  if (file === undefined) return {};
  const text = await readText(file).catch((error) => {
    throw fileFailure(error, 'read', file);
  });
  const { parseSettings } = await import('./read');
  const folder = dirname(file);
  const path = relative(folder, modelFile).split(sep).join('/');
  const { values, dataset } = valuesFor(parseSettings(text, file), path);
  const { predictor, python, models, runs } = values;
  return {
    ...values,
    file,
    ...(predictor !== undefined && { predictor: resolve(folder, predictor) }),
    ...(python !== undefined && { python: pythonPath(python, folder) }),
    ...(runs && { runs: runs.map((one) => resolve(folder, one)) }),
    ...(models && { models: modelRules(models, path, folder) }),
    ...(dataset !== undefined && { data: { name: dataset, baseFolder: folder } }),
  };
}
