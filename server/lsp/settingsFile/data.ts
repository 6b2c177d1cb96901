/** Writing down in `prunelens.json` which data a model is for. */
import { isAbsolute } from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';
import { matchesFile } from '../../protocol/patterns';
import type { DataRule } from '../../settings/types';
import { FORMATTING, parseSettingsText, writeSettings } from './write';

/**
 * `text`, the contents of a settings file, with a first rule that gives `data` to the models matching `models`; a rule for just these
 * that counts already is changed.
 */
export function withDataRule(text: string, models: string, data: string): string {
  const current = (parseSettingsText(text) as { data?: string | readonly DataRule[] } | undefined)?.data;
  const rule = { models, data };
  if (Array.isArray(current)) {
    const path = models.replace(/^\.\//, '');
    const counts = (current as readonly DataRule[]).findIndex((one) => matchesFile(one.models, path));
    if (counts >= 0 && current[counts].models === models) {
      return applyEdits(text, modify(text, ['data', counts, 'data'], data, FORMATTING));
    }
    const options = { ...FORMATTING, isArrayInsertion: true };
    return applyEdits(text, modify(text, ['data', 0], rule, options));
  }
  const others = typeof current === 'string' ? [{ models: '**', data: current }] : [];
  return applyEdits(text, modify(text, ['data'], [rule, ...others], FORMATTING));
}

/** Writes the rule into the settings file of a model, or into a new one in `folder`. Returns the file. */
export async function writeDataRule(modelFile: string, folder: string, data: string): Promise<string> {
  return writeSettings(modelFile, folder, (text, pathOf) => {
    const models = pathOf(modelFile);
    const inside = isAbsolute(data) ? pathOf(data) : data;
    // What lies elsewhere keeps its full path.
    const isElsewhere = inside.startsWith('../') || isAbsolute(inside);
    // Without a slash it might be the name of a data set.
    const named = inside === data || isElsewhere ? data : inside.includes('/') ? inside : `./${inside}`;
    return withDataRule(text, models.includes('/') ? models : `./${models}`, named);
  });
}
