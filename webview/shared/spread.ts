/** What several values come to. */

/** Mean, and standard deviation with n - 1 in the denominator; undefined of one value. */
export function spreadOf(values: readonly number[]): { readonly mean: number; readonly deviation?: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}
