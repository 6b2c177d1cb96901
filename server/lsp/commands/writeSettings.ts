/** Writing what a form says into prunelens.json. */
import { flagName } from '../../protocol/catalogue/derive';
import type { AskedOptions, OptionData } from '../../protocol/catalogue/values';
import { optionProblem } from '../../protocol/catalogue/values';
import { usageError } from '../../protocol/errors';
import { SETTINGS_FILE } from '../../settings/find';
import type { Context } from '../context';
import { updateAllOutdated } from '../model/origins';
import { fileOfModel } from '../model/state';
import { writeDataRule } from '../settingsFile/data';
import { writeOptions } from '../settingsFile/options';
import type { Handler } from './handler';

const DATA = 'data';

/** The settings that options stand for. @throws UserError (usage) for a value that the option cannot have, or where none is a setting. */
async function settingsOf(context: Context, file: string, options: AskedOptions) {
  const { options: known } = await context.folders.engine(file).call('formChoices', { kind: 'train' });
  const found = known.flatMap((option) => {
    const flag = flagName(option.name);
    const value = options[flag];
    if (option.setting === undefined || value === undefined) return [];
    const problem = optionProblem(option, value);
    if (problem !== undefined) throw usageError(`The option "${flag}" is ${JSON.stringify(value)}. ${problem}`);
    return [[option.setting, value] as const];
  });
  return new Map<string, OptionData>(found);
}

export const writeSettings: Handler<'writeSettings'> = {
  async run(context, { model, options }) {
    const file = fileOfModel(model);
    const { folders, store } = context;
    const values = await settingsOf(context, file, options);
    const { data } = options;
    if (values.size === 0 && typeof data !== 'string') {
      throw usageError(`None of these options can be said in ${SETTINGS_FILE}.`, 'Change one that can.');
    }
    const folder = folders.of(file);
    if (typeof data === 'string') {
      await writeDataRule(file, folder, data);
      store.dispatch(model, { kind: 'dataForgotten' });
    }
    const written = await writeOptions(file, folder, values);
    await updateAllOutdated(context);
    return { file: written, written: [...values.keys(), ...(typeof data === 'string' ? [DATA] : [])] };
  },
};
