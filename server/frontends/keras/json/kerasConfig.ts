/**
 * Keras's configurations in the form TensorFlow.js has them: keys in camelCase, values without
 * Keras 3's wrapping.
 */
import type { ConfigValue, LayerConfig } from '../description';

function toCamelCase(key: string): string {
  return key.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Settings whose values are identifiers too: `channels_last` is `channelsLast` in TensorFlow.js. */
export const IDENTIFIER_SETTINGS = new Set([
  'data_format',
  'mode',
  'distribution',
  'activation',
  'recurrent_activation',
  'merge_mode',
  'score_mode',
  'interpolation',
]);

function convertValue(value: unknown, key = ''): ConfigValue {
  if (typeof value === 'string') return IDENTIFIER_SETTINGS.has(key) ? toCamelCase(value) : value;
  if (Array.isArray(value)) return value.map((item) => convertValue(item));
  if (!isObject(value)) return value as ConfigValue;
  if (typeof value.class_name !== 'string' || !isObject(value.config)) return convertObject(value);
  // Keras 3 writes dtypes as policies, and adds module, registered_name and build_config to every object.
  if (value.class_name === 'DTypePolicy') return value.config.name as ConfigValue;
  return { className: value.class_name, config: convertObject(value.config) };
}

function convertObject(value: Json): LayerConfig {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toCamelCase(key), convertValue(item, key)]));
}

/** The configuration of one layer; an input shape is always `batchInputShape`, whichever version wrote it. */
export function convertConfig(config: Json): LayerConfig {
  const { batchShape, ...others } = convertObject(config);
  return batchShape === undefined ? others : { ...others, batchInputShape: batchShape };
}
