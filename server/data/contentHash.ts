/** A hash over everything that training sees of a data set, wherever its files are and whatever they are called. */
import { createHash, type Hash } from 'node:crypto';
import { type Dataset, formatsOf, type Split } from '../protocol/data';
import { sizeOf } from '../protocol/tensor';
import { EVALUATION, readBatches } from './batches';

/** Values that are read at a time. */
const MOST_VALUES = 1 << 20;

/** Of examples that another process makes, reading all may take hours: so many stand for them. */
const SAMPLED = 1024;

/** Examples that are asked for at a time. */
const ASKED = 64;

/** The examples that stand for all: at equal distances, or the first ones where they come in an order of their own. */
function sampleOf({ size, isOrdered }: Split): readonly Int32Array[] {
  const count = Math.min(size, SAMPLED);
  const step = isOrdered ? 1 : size / count;
  const indices = Int32Array.from({ length: count }, (_, i) => Math.floor(i * step));
  return Array.from({ length: Math.ceil(count / ASKED) }, (_, i) => indices.subarray(i * ASKED, (i + 1) * ASKED));
}

async function addSplit(hash: Hash, split: Split, dataset: Dataset): Promise<void> {
  const { labels, size } = split;
  hash.update(`${size} ${labels.constructor.name} `);
  hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  const formats = formatsOf(dataset);
  for (const [part, { shape, dtype }] of formats.entries()) {
    const each = sizeOf(shape);
    hash.update(`${dtype} ${shape.join('x')} `);
    if (split.fetch) continue;
    const count = Math.max(1, Math.floor(MOST_VALUES / Math.max(1, each)));
    for (let first = 0; first < size; first += count) {
      const indices = Int32Array.from({ length: Math.min(count, size - first) }, (_, i) => first + i);
      const values = new (dtype === 'int32' ? Int32Array : Float32Array)(indices.length * each);
      split.read(indices, values, part);
      hash.update(new Uint8Array(values.buffer));
    }
  }
  if (!split.fetch) return;
  for await (const { x } of readBatches(split, formats, sampleOf(split), EVALUATION)) {
    hash.update(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
  }
}

/**
 * SHA-256 in hex over labels and examples of both splits, as the network takes them: normalized, and of a limited set only its part. Of
 * examples that another process makes, a sample counts.
 */
export async function contentHash(dataset: Dataset): Promise<string> {
  const hash = createHash('sha256');
  await addSplit(hash, dataset.train, dataset);
  await addSplit(hash, dataset.test, dataset);
  return hash.digest('hex');
}
