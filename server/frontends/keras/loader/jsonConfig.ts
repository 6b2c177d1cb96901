import type { ConfigValue, LayerConfig } from '../description';

function toConfigValue(value: unknown): ConfigValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (Array.isArray(value)) return value.map((item) => toConfigValue(item) ?? null);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) return toLayerConfig(value);
  return undefined;
}

/** The JSON part of a layer's configuration; values without a JSON form (functions, tensors) are left out. */
export function toLayerConfig(config: object): LayerConfig {
  const entries = Object.entries(config).map(([key, value]) => [key, toConfigValue(value)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, ConfigValue] => entry[1] !== undefined));
}
