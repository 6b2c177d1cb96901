/** Linear least squares with a penalty on large coefficients. */

export interface WeightedRow {
  readonly inputs: readonly number[];
  readonly target: number;
  readonly weight: number;
}

/** Solves the symmetric positive definite system A x = b by elimination; A, row by row, and b are overwritten. */
function solve(a: number[][], b: number[]): number[] {
  const n = b.length;
  for (let column = 0; column < n; column++) {
    for (let row = column + 1; row < n; row++) {
      const factor = a[row][column] / a[column][column];
      for (let j = column; j < n; j++) a[row][j] -= factor * a[column][j];
      b[row] -= factor * b[column];
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let j = row + 1; j < n; j++) b[row] -= a[row][j] * b[j];
    b[row] /= a[row][row];
  }
  return b;
}

/**
 * Coefficients that minimize the sum of weight (target - inputs · coefficients)^2 + strength |scaled coefficients|^2, where
 * each input is scaled to a mean square of 1, so that the penalty does not depend on its unit.
 * @param strength of the penalty, above 0, relative to the sum of the rows' weights.
 */
export function ridge(rows: readonly WeightedRow[], columns: number, strength: number): number[] {
  const total = rows.reduce((sum, { weight }) => sum + weight, 0);
  const moments = Array.from({ length: columns }, () => new Array<number>(columns).fill(0));
  const products = new Array<number>(columns).fill(0);
  for (const { inputs, target, weight } of rows) {
    for (let i = 0; i < columns; i++) {
      products[i] += weight * inputs[i] * target;
      for (let j = 0; j < columns; j++) moments[i][j] += weight * inputs[i] * inputs[j];
    }
  }
  // An input that is always 0 has a coefficient of 0, whatever its scale.
  const scales = moments.map((row, i) => (row[i] > 0 ? Math.sqrt(total / row[i]) : 1));
  const system = moments.map((row, i) => row.map((value, j) => value * scales[i] * scales[j]));
  for (const [i, row] of system.entries()) row[i] += strength * total;
  const scaled = solve(
    system,
    products.map((product, i) => product * scales[i]),
  );
  return scaled.map((coefficient, i) => coefficient * scales[i]);
}
