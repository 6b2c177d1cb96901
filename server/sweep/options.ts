/** Which options of the command a sweep can set, and which runs each of them is about: asked of the catalogue. */
import { comparedMethods, flagName, isListOption, sweepOptions } from '../protocol/catalogue/derive';
import type { Catalogue } from '../protocol/catalogue/types';
import type { SweepValue } from '../protocol/sweep';
import { CATALOGUE } from '../request/catalogue';

export { flagName };

/** Every option that `settings` takes, as written there. */
export const optionNames: readonly string[] = sweepOptions(CATALOGUE).map(({ name }) => name);

/** Whether a list is one value of the option, and no axis. */
export function takesList(option: string): boolean {
  return sweepOptions(CATALOGUE).some((one) => one.name === option && isListOption(one));
}

/** Whether the option decides how networks are trained, dense ones too. */
export function isTrainingOption(option: string): boolean {
  return sweepOptions(CATALOGUE).some(({ name, scope }) => name === option && scope === 'training');
}

/** The values without those that only other methods know: presets differ between methods. */
export function valuesFor(option: string, method: string, values: readonly SweepValue[]): readonly SweepValue[] {
  const [own] = method.split('+');
  const choices = (isOwn: boolean) =>
    comparedMethods(CATALOGUE)
      .filter(({ name }) => (name === own) === isOwn)
      .flatMap(({ options }) => options.filter(({ name }) => name === option))
      .flatMap((one) => (one.type === 'choice' ? one.choices : []));
  const [known, others] = [choices(true), choices(false)];
  return values.filter((value) => known.includes(String(value)) || !others.includes(String(value)));
}

/** Whether the option makes a difference to how `method` prunes: whether the method heeds it. */
export function concernsMethod(option: string, method: string, catalogue: Catalogue = CATALOGUE): boolean {
  // A control spoils a method's choice, and heeds what the method heeds.
  const [name] = method.split('+');
  const heeding = comparedMethods(catalogue).find((known) => known.name === name);
  return heeding?.options.some((heeded) => heeded.name === option) ?? false;
}
