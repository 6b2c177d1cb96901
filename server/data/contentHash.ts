/** A hash over everything that training sees of a data set, wherever its files are and whatever they are called. */
import { createHash, type Hash } from 'node:crypto';
import { type Dataset, formatsOf, type Split } from '../protocol/data';
import { sizeOf } from '../protocol/tensor';

/** Values that are read at a time. */
const MOST_VALUES = 1 << 20;

function addSplit(hash: Hash, split: Split, dataset: Dataset): void {
  const { labels, size } = split;
  hash.update(`${size} ${labels.constructor.name} `);
  hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  for (const [part, { shape, dtype }] of formatsOf(dataset).entries()) {
    const each = sizeOf(shape);
    const count = Math.max(1, Math.floor(MOST_VALUES / Math.max(1, each)));
    hash.update(`${dtype} ${shape.join('x')} `);
    for (let first = 0; first < size; first += count) {
      const indices = Int32Array.from({ length: Math.min(count, size - first) }, (_, i) => first + i);
      const values = new (dtype === 'int32' ? Int32Array : Float32Array)(indices.length * each);
      split.read(indices, values, part);
      hash.update(new Uint8Array(values.buffer));
    }
  }
}

/** SHA-256 in hex over labels and examples of both splits, as the network takes them: normalized, and of a limited set only its part. */
export function contentHash(dataset: Dataset): string {
  const hash = createHash('sha256');
  addSplit(hash, dataset.train, dataset);
  addSplit(hash, dataset.test, dataset);
  return hash.digest('hex');
}
