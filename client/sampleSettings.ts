/** The settings of one sample, taken from those of all. */
import { matchesFile } from '../server/protocol/patterns';

/** Lists of `prunelens.json` whose entries name models, with the key that does. */
const LISTS = { data: 'models', models: 'file', overrides: 'models' } as const;

type Entry = { readonly [key: string]: unknown };

/**
 * The text of a `prunelens.json` with what another one says of one model alone.
 *
 * @param all The text of the other one.
 * @param name File name of the model.
 */
export function settingsForSample(all: string, name: string): string {
  const settings = JSON.parse(all) as { readonly [list in keyof typeof LISTS]: readonly Entry[] };
  const own = Object.entries(LISTS).flatMap(([list, key]) => {
    const entries = settings[list as keyof typeof LISTS].filter((entry) => matchesFile(String(entry[key]), name));
    return entries.length === 0 ? [] : [[list, entries] as const];
  });
  return `${JSON.stringify(Object.fromEntries(own), undefined, 2)}\n`;
}
