/** Writing down in `prunelens.json` which predictor AutoS uses. */
import { applyEdits, modify } from 'jsonc-parser';
import { FORMATTING, parseSettingsText, writeSettings } from './write';

/** Writes the predictor into the settings file of a model, or into a new one in `folder`. Returns the file. */
export async function writePredictorSetting(modelFile: string, folder: string, predictor: string): Promise<string> {
  return writeSettings(modelFile, folder, (text, pathOf) => {
    parseSettingsText(text);
    return applyEdits(text, modify(text, ['predictor'], pathOf(predictor), FORMATTING));
  });
}
