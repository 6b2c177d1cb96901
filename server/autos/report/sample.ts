/** The weights of a run that are looked at, of all its layers one after the other. */
import { createRandom } from '../../random';

/** Ranking many more takes long, and tells nothing more. */
const MOST = 200_000;

/** Positions to look at, ascending: all of them where there are few. */
export function samplePositions(total: number): Int32Array {
  if (total <= MOST) return Int32Array.from({ length: total }, (_, i) => i);
  return createRandom(0, 'autos', 'drawn').permutation(total).subarray(0, MOST).sort();
}

/** Values of layers at ascending positions in the layers put one after the other. */
export function valuesAt(positions: Int32Array, layers: readonly ArrayLike<number>[]): Float32Array {
  const values = new Float32Array(positions.length);
  let next = 0;
  let start = 0;
  for (const layer of layers) {
    const end = start + layer.length;
    for (; next < positions.length && positions[next] < end; next++) values[next] = layer[positions[next] - start];
    start = end;
  }
  return values;
}
