/** Random orthogonal matrices (Saxe et al. 2014), uniform over all of them (Haar measure). */
import type { Random } from '../../../random';

/**
 * Fills `out`, rows x columns, with `gain` times a matrix whose columns (or rows, where there are fewer) are orthonormal:
 * the Q of the QR factorization of a normal matrix, with the signs that make R's diagonal positive. Gram-Schmidt has
 * those signs by itself, and is run again on a vector that lost most of its length, so that rounding does not tilt it.
 */
export function fillOrthogonal(out: Float32Array, rows: number, columns: number, gain: number, random: Random): void {
  const length = Math.max(rows, columns);
  const count = Math.min(rows, columns);
  const vectors = Array.from({ length: count }, () => {
    const vector = new Float64Array(length);
    random.fillNormal(vector, 0, 1);
    return vector;
  });
  vectors.forEach((vector, k) => {
    for (let before = norm(vector); ; ) {
      for (let j = 0; j < k; j++) subtractProjection(vector, vectors[j]);
      const after = norm(vector);
      if (after > 0.7 * before) break;
      before = after;
    }
    const scale = 1 / norm(vector);
    for (let i = 0; i < length; i++) vector[i] *= scale;
  });
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[row * columns + column] = gain * (rows >= columns ? vectors[column][row] : vectors[row][column]);
    }
  }
}

/** vector -= (vector . unit) unit. */
function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < vector.length; i++) dot += vector[i] * unit[i];
  for (let i = 0; i < vector.length; i++) vector[i] -= dot * unit[i];
}

function norm(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
