/** Bisection over the logarithm of the density: which sparsity to try next. */

/** The sparsities between which the answer lies. */
export interface Bracket {
  /** Highest sparsity known to keep the metric; the dense network's 0 does by definition. */
  readonly keeps: number;
  /** Lowest sparsity above it known to lose it, or the highest one allowed. */
  readonly loses: number;
}

/**
 * The bracket that trials leave, each of which is taken to hold for all sparsities on its side. Trials made by
 * bisection never contradict each other.
 */
export function bracketOf(
  trials: readonly { readonly sparsity: number; readonly keeps: boolean }[],
  maxSparsity: number,
): Bracket {
  const sparsities = (wanted: boolean) =>
    trials.filter(({ keeps }) => keeps === wanted).map(({ sparsity }) => sparsity);
  return { keeps: Math.max(0, ...sparsities(true)), loses: Math.min(maxSparsity, ...sparsities(false)) };
}

/**
 * The sparsity to try next: its density is the geometric mean of the bracket's, to four significant digits, so that a
 * step from 99 to 99.5 % counts as much as one from 50 to 75 %.
 */
export function middleOf({ keeps, loses }: Bracket): number {
  const density = Number(Math.sqrt((1 - keeps) * (1 - loses)).toPrecision(4));
  // Without the last digits' rounding errors: the sparsity is part of folder names.
  return Number((1 - density).toPrecision(12));
}
