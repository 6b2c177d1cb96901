/** Typed access to a layer's Keras configuration, which notices the options nobody asked for. */

import type { Fail } from '../../../models/failure';
import type { ConfigValue, LayerConfig } from '../description';

export interface ConfigReader {
  /** The value as it stands; null counts as absent. */
  value(key: string): ConfigValue | undefined;
  number(key: string, fallback: number): number;
  /** A whole number of at least `minimum`; without a fallback it must be there. */
  integer(key: string, minimum: number, fallback?: number): number;
  boolean(key: string, fallback: boolean): boolean;
  /** One of `options`, compared without case and underscores (`channels_last` is `channelsLast`). */
  choice<T extends string>(key: string, options: readonly T[], fallback: T): T;
  /** One whole number of at least 1, perhaps in a list; without a fallback it must be there. */
  size(key: string, fallback?: number): number;
  /** Two whole numbers of at least 1, one for both being allowed; without a fallback it must be there. */
  pair(key: string, fallback?: readonly [number, number]): readonly [number, number];
  /** Fails where an option that was not read is set: what is not understood is not ignored. */
  finish(): void;
}

/** Options that do not change the mathematics here, and descriptions of where a layer came from. */
const neutral: ReadonlySet<string> = new Set([
  'name',
  'trainable',
  'dtype',
  'inputDType',
  'dtypePolicy',
  'batchInputShape',
  'batchShape',
  'inputShape',
  'inputDim',
  'batchSize',
  'seed',
  'fused',
  'synchronized',
  'autocast',
]);

/** Initializers and the like of parameters that a layer does not have (`biasInitializer` without a bias). */
const parameterOption = /(?<!^activity)(Initializer|Regularizer|Constraint)$/;

/** The form in which identifiers are compared: `hard_sigmoid`, `hardSigmoid` and `HardSigmoid` are one. */
export function normalizeIdentifier(text: string): string {
  return text.replaceAll('_', '').toLowerCase();
}

/** A reader of `config`; wrong types end in `fail` with the option's name. */
export function readConfig(config: LayerConfig, fail: Fail): ConfigReader {
  const known = new Set<string>();
  const value = (key: string): ConfigValue | undefined => {
    known.add(key);
    return config[key] ?? undefined;
  };
  const wrong = (key: string, expected: string): never =>
    fail(`the option ${key} is ${JSON.stringify(config[key])}, ${expected} is needed.`);
  const missing = (key: string): never => fail(`the option ${key} is missing.`);
  const isWhole = (found: ConfigValue, minimum: number): found is number =>
    typeof found === 'number' && Number.isInteger(found) && found >= minimum;

  return {
    value,
    number(key, fallback) {
      const found = value(key) ?? fallback;
      return typeof found === 'number' && Number.isFinite(found) ? found : wrong(key, 'a number');
    },
    integer(key, minimum, fallback) {
      const found = value(key) ?? fallback ?? missing(key);
      return isWhole(found, minimum) ? found : wrong(key, `a whole number of at least ${minimum}`);
    },
    boolean(key, fallback) {
      const found = value(key) ?? fallback;
      return typeof found === 'boolean' ? found : wrong(key, 'true or false');
    },
    choice(key, options, fallback) {
      const found = value(key) ?? fallback;
      const wanted = typeof found === 'string' ? normalizeIdentifier(found) : undefined;
      const option = options.find((candidate) => normalizeIdentifier(candidate) === wanted);
      return option ?? wrong(key, options.map((candidate) => `'${candidate}'`).join(' or '));
    },
    size(key, fallback) {
      const found = value(key) ?? fallback ?? missing(key);
      const [only, ...others] = Array.isArray(found) ? found : [found];
      return others.length === 0 && isWhole(only, 1) ? only : wrong(key, 'one size');
    },
    pair(key, fallback) {
      const found = value(key) ?? (fallback && [...fallback]) ?? missing(key);
      const both: ConfigValue[] = Array.isArray(found) ? found : [found, found];
      const [first, second] = both;
      if (both.length !== 2 || !isWhole(first, 1) || !isWhole(second, 1)) return wrong(key, 'one or two sizes');
      return [first, second];
    },
    finish() {
      for (const [key, found] of Object.entries(config)) {
        if (known.has(key) || neutral.has(key) || parameterOption.test(key)) continue;
        const isUnset = found === null || found === false || (Array.isArray(found) && found.length === 0);
        if (!isUnset) fail(`the option ${key} (${JSON.stringify(found)}) is not supported.`);
      }
    },
  };
}
