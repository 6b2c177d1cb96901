/** Writing down in `prunelens.json` how a model is made. */
import { applyEdits, modify } from 'jsonc-parser';
import type { ModelInput } from '../../protocol/modelSetup';
import { ruleThatCalls } from '../../settings/modelRules';
import type { ModelRule } from '../../settings/types';
import { FORMATTING, parseSettingsText, writeSettings } from './write';

/**
 * Writes how the definition `name` of a file is constructed, in place of what was said of it. Returns the settings file.
 * @param folder Where a settings file is made if there is none.
 */
export async function writeModelSetup(
  modelFile: string,
  folder: string,
  name: string | undefined,
  setup: { readonly construct?: string; readonly inputs?: readonly ModelInput[] },
): Promise<string> {
  return writeSettings(modelFile, folder, (text, pathOf) => {
    const { models = [] } = parseSettingsText(text) as { readonly models?: readonly ModelRule[] };
    const file = pathOf(modelFile);
    const own = models.filter((rule) => rule.file === file);
    const plain = setup.construct === undefined ? own.find(({ construct }) => construct === undefined) : undefined;
    const known = ruleThatCalls(own, name) ?? plain;
    const rule = { ...known, file, ...setup };
    const at = known ? models.indexOf(known) : models.length;
    return applyEdits(text, modify(text, ['models', at], rule, { ...FORMATTING, isArrayInsertion: !known }));
  });
}
