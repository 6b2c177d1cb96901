/** Options of a method that have a name together. */
import type { PresetDefinition } from '../protocol/catalogue/types';
import { usageError } from '../protocol/errors';
import type { ScoringOptions } from '../pruning';
import { NO_PRESET } from '../pruning/options';
import type { ScoringChoice } from './types';

/** What a method is asked for its presets. */
interface Presets {
  readonly title: string;
  readonly presets?: readonly PresetDefinition[];
}

/** The options with those of the preset, as far as the method has it and they were not given themselves. */
export function withPreset(
  { presets }: Pick<Presets, 'presets'>,
  { options, preset: chosen }: Pick<ScoringChoice, 'options' | 'preset'>,
): Omit<ScoringOptions, 'sparsity'> {
  const preset = presets?.find(({ name }) => name === chosen?.name);
  if (!preset || !chosen) return options;
  const values = Object.entries(preset.options).filter(([key]) => !chosen.given.includes(key));
  return { ...options, ...Object.fromEntries(values) };
}

/** @throws UserError (usage) where a preset is asked for that none of the methods has. */
export function checkPreset(methods: readonly Presets[], preset: string | undefined): void {
  if (
    preset === undefined ||
    preset === NO_PRESET ||
    methods.some(({ presets }) => presets?.some(({ name }) => name === preset))
  )
    return;
  const known = methods.map(({ title, presets = [] }) =>
    presets.length === 0 ? `${title} has none` : `${title} has ${presets.map(({ name }) => name).join(', ')}`,
  );
  throw usageError(`There is no preset ${preset} here.`, `${known.join('; ')}.`);
}
