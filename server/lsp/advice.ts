/** Advice of the engine in the words of an editor, where there is no command and no checkout: what options are in prunelens.json. */
import {
  MODEL_OPTIONS,
  OBJECTIVE_OPTIONS,
  SELECTION_OPTIONS,
  TRAINING_OPTIONS,
  TRAINING_SETTINGS,
} from '../protocol/catalogue/options';
import type { OptionDefinition } from '../protocol/catalogue/types';
import { SETTINGS_FILE } from '../settings/find';

const OPTIONS: readonly OptionDefinition[] = [
  MODEL_OPTIONS,
  OBJECTIVE_OPTIONS,
  SELECTION_OPTIONS,
  TRAINING_OPTIONS,
  TRAINING_SETTINGS,
].flatMap((options): OptionDefinition[] => Object.values(options));

/** What stands in prunelens.json for an option of the command, by the option's name. */
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['data', 'data'],
  ...OPTIONS.flatMap(({ name, setting }) => (setting === undefined ? [] : [[name, setting] as const])),
]);

/** What only holds for a checkout or an installed package of npm. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/Run npm install in the PruneLens folder\./, 'Install the extension again.'],
  [/Install the package again with `npm ci`; it ships/, 'Install the extension again; it ships'],
  [
    /(?:Name a data set|Name it) with --data (\([^)]*\)),? or in [^,.]*\.json[^.]*\./,
    `Choose other data, or name it as "data" in ${SETTINGS_FILE} $1.`,
  ],
];

/** `text` with options of the command as settings; options that have none stay as they are. */
export function editorAdvice(text: string): string {
  const replaced = REPLACED.reduce((before, [pattern, by]) => before.replace(pattern, by), text);
  return replaced.replace(
    /--([a-z][a-z0-9-]*)(?: (torch|mse|reference)\b)?/g,
    (option, name: string, value?: string) => {
      const setting = SETTINGS.get(name);
      if (setting === undefined) return option;
      return `"${setting}"${value === undefined ? '' : `: "${value}"`} in ${SETTINGS_FILE}`;
    },
  );
}
