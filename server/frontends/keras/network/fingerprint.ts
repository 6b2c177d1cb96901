/** A fingerprint of a model's topology. */
import { createHash } from 'node:crypto';
import type { ModelDescription } from '../description';

/**
 * 12 hexadecimal digits from the layers, how they are connected, and the weights the model's code has set itself; not
 * from where the code is, nor from weights that are drawn from the seed.
 */
export function fingerprint({ reads: _, drawn, ...description }: ModelDescription): string {
  const hash = createHash('sha256');
  const text = JSON.stringify(description, (key, value: unknown) => {
    if (key === 'source' || key === 'file' || key === 'variables') return undefined;
    if (key === 'weights' && drawn) return undefined;
    if (!(value instanceof Float32Array)) return value;
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return value.length;
  });
  return hash.update(text).digest('hex').slice(0, 12);
}
