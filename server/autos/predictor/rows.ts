/** Samples of several runs as one table of rows, and parts of it. */
import { createRandom } from '../../random';
import type { Samples } from './samples';

/** Features [size, columns] and targets [size]. */
export interface Rows {
  readonly size: number;
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

/** All samples, one after the other. */
export function concatenate(samples: readonly Samples[], columns: number): Rows {
  const size = samples.reduce((sum, part) => sum + part.size, 0);
  const features = new Float32Array(size * columns);
  const targets = new Float32Array(size);
  let start = 0;
  for (const part of samples) {
    features.set(part.features, start * columns);
    targets.set(part.targets, start);
    start += part.size;
  }
  return { size, features, targets };
}

/** Weights of a run on which the agreement is measured, at most. */
const MEASURED_SAMPLES = 100_000;

/** A random part of a run's rows, for measuring. */
export function partOf(samples: Samples, columns: number, seed: number): Samples {
  const { label, size } = samples;
  if (size <= MEASURED_SAMPLES) return samples;
  const order = createRandom(seed, 'autos', 'measured', label).permutation(size).subarray(0, MEASURED_SAMPLES);
  return { label, size: MEASURED_SAMPLES, ...gather(samples, columns, order) };
}

/** The named rows, in that order. */
export function gather({ features, targets }: Pick<Rows, 'features' | 'targets'>, columns: number, rows: Int32Array) {
  const chosen = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns; j++) chosen[i * columns + j] = features[rows[i] * columns + j];
  }
  return { features: chosen, targets: Float32Array.from(rows, (row) => targets[row]) };
}
