/** Writing down in `prunelens.json` which data a model is for. */
import { applyEdits, modify } from 'jsonc-parser';
import { FORMATTING, parseSettingsText, writeSettings } from './write';

/** `text`, the contents of a settings file, with a first rule that gives `data` to the models matching `models`. */
export function withDataRule(text: string, models: string, data: string): string {
  const current = (parseSettingsText(text) as { data?: unknown } | undefined)?.data;
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
  return writeSettings(modelFile, folder, (text, pathOf) => {
    const models = pathOf(modelFile);
    return withDataRule(text, models.includes('/') ? models : `./${models}`, data);
  });
}
