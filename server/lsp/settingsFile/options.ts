/** Options in `prunelens.json`: where they are said, and writing them down. */
import { dirname, relative, sep } from 'node:path';
import { applyEdits, findNodeAtLocation, type JSONPath, modify, parseTree } from 'jsonc-parser';
import { readText } from '../../files/regular';
import { settingIn } from '../../protocol/catalogue/derive';
import type { OptionData } from '../../protocol/catalogue/values';
import { matchesFile } from '../../protocol/patterns';
import { parseSettings } from '../../settings/read';
import type { SettingsValues } from '../../settings/types';
import { FORMATTING, parseSettingsText, writeSettings } from './write';

/** A value for each setting, by its path: `optimizer.learningRate`. */
export type SettingValues = ReadonlyMap<string, OptionData>;

/**
 * Where a setting of a model stands or is to stand: in the last override for the model that has its section, as that takes the place of
 * the general one, else in the general settings.
 */
function placeOf({ overrides }: SettingsValues, modelPath: string, setting: string): JSONPath {
  const path = setting.split('.');
  const list = Array.isArray(overrides) ? overrides : [];
  const own = list.findLastIndex((one) => path[0] in one && matchesFile(one.models, modelPath));
  return own < 0 ? path : ['overrides', own, ...path];
}

/** Lines, from 1 on, of the settings that a file has for a model. @throws UserError with the places of mistakes in the file. */
export async function settingLines(
  file: string,
  modelFile: string,
  settings: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const text = await readText(file);
  const values = parseSettings(text, file);
  const root = parseTree(text, [], { allowTrailingComma: true });
  const modelPath = relative(dirname(file), modelFile).split(sep).join('/');
  const lines = settings.flatMap((setting) => {
    const node = root && findNodeAtLocation(root, placeOf(values, modelPath, setting));
    return node ? [[setting, text.slice(0, node.offset).split('\n').length] as const] : [];
  });
  return new Map(lines);
}

/** Sections whose kind decides what else can be in them. */
const OF_KIND = ['optimizer', 'schedule'];

/**
 * `text`, the contents of a settings file, with values of a model; comments and order stay. Where a kind is changed, its section is
 * written anew, as what the other kind had may not fit it.
 */
export function withSettings(text: string, modelPath: string, values: SettingValues): string {
  let next = text;
  for (const section of OF_KIND) {
    const before = parseSettingsText(next) as SettingsValues;
    const kind = values.get(`${section}.kind`);
    const known = settingIn(before, `${section}.kind`);
    const hasSection = settingIn(before, section) !== undefined;
    if (kind === undefined || !hasSection || known === kind) continue;
    next = applyEdits(next, modify(next, placeOf(before, modelPath, section), { kind }, FORMATTING));
  }
  for (const [setting, value] of values) {
    const before = parseSettingsText(next) as SettingsValues;
    next = applyEdits(next, modify(next, placeOf(before, modelPath, setting), value, FORMATTING));
  }
  return next;
}

/** Writes values into the settings file of a model, or into a new one in `folder`. Returns the file. */
export async function writeOptions(modelFile: string, folder: string, values: SettingValues): Promise<string> {
  return writeSettings(modelFile, folder, (text, pathOf) => {
    const next = withSettings(text, pathOf(modelFile), values);
    // What was right stays right: nothing is written that the file's reader would refuse.
    parseSettings(next, 'prunelens.json');
    return next;
  });
}
