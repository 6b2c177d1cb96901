/** What a predictor's file says in its metadata, checked value by value. */
import { FEATURE_INPUTS, NORMALIZATIONS } from './features';
import type { Predictor } from './types';
import { PREDICTOR_HEADS } from './types';

/** All of a predictor but its tensors. */
export type Description = Omit<Predictor, 'weights' | 'table' | 'calibration' | 'densities'>;

/** What is asked of a value: how it is said, and whether it holds. */
interface Rule {
  readonly wanted: string;
  holds(value: unknown): boolean;
}

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
const oneOf = (...values: readonly string[]): Rule => ({
  wanted: `one of ${values.join(', ')}`,
  holds: (value) => values.includes(value as string),
});
const YES_OR_NO: Rule = { wanted: 'true or false', holds: (value) => typeof value === 'boolean' };
const POSITIVE: Rule = {
  wanted: 'a positive number',
  holds: (value) => Number.isFinite(value) && (value as number) > 0,
};
const FROM_ZERO: Rule = {
  wanted: 'a number of at least 0',
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};
const WHOLE: Rule = { wanted: 'a whole number', holds: Number.isInteger };
const COUNT: Rule = { wanted: 'a positive whole number', holds: isCount };
const COUNTS: Rule = {
  wanted: 'a list of positive whole numbers',
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(isCount),
};
const RUNS: Rule = {
  wanted: 'a list of runs',
  holds: (value) =>
    Array.isArray(value) &&
    value.every((run) => typeof run?.label === 'string' && typeof run.modelHash === 'string' && run.modelHash !== ''),
};
const NORMALIZATION = oneOf(...NORMALIZATIONS);
const HEADS = oneOf(...PREDICTOR_HEADS);

/** Rules by the path of the value. */
const RULES: { readonly [path: string]: Rule } = {
  'features.inputs': oneOf(...FEATURE_INPUTS),
  'features.weights': NORMALIZATION,
  'features.gradients': NORMALIZATION,
  'features.layerStatistics': YES_OR_NO,
  'features.symmetric': YES_OR_NO,
  'scales.weight': POSITIVE,
  'scales.gradient': POSITIVE,
  'architecture.kind': oneOf('mlp', 'convolutional'),
  'card.trainedOn': RUNS,
  'card.heldOut': RUNS,
  'card.settings.unitExponent': FROM_ZERO,
  'card.settings.seed': WHOLE,
  // Earlier versions had one head, and no word of it.
  'card.settings.heads': {
    wanted: PREDICTOR_HEADS.join(' or '),
    holds: (value) => value === undefined || HEADS.holds(value),
  },
};
const ARCHITECTURE_RULES: { readonly [kind: string]: typeof RULES } = {
  mlp: { 'architecture.widths': COUNTS },
  convolutional: { 'architecture.size': COUNT, 'architecture.filters': COUNT },
};

/** The value at a path such as `card.settings.seed`; undefined where there is none. */
function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as { [key: string]: unknown } | null)?.[key], value);
}

/** The first thing that is wrong with a description, as the end of a sentence; undefined where it is one. */
export function findMistake(value: unknown): string | undefined {
  const kind = String(valueAt(value, 'architecture.kind'));
  for (const [path, { wanted, holds }] of Object.entries({ ...RULES, ...ARCHITECTURE_RULES[kind] })) {
    const found = valueAt(value, path);
    if (!holds(found)) return `${path} is ${JSON.stringify(found) ?? 'missing'} instead of ${wanted}`;
  }
  return undefined;
}
