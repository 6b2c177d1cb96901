/** What an axis shows where single values are far from all others. */

/** Share of the values left out of sight at either end. */
const LEFT_OUT = 0.02;
/** Room above and below what is left, as a share of it. */
const ROOM = 0.05;

/**
 * From the second to the 98th of a hundred values, with some room; as far as there are values at most. Nothing but numbers counts, and
 * on a logarithmic axis nothing but positive ones.
 */
export function rangeWithoutOutliers(values: readonly number[], log = false): readonly [number, number] {
  const scaled = values
    .filter((value) => Number.isFinite(value) && (!log || value > 0))
    .map((value) => (log ? Math.log10(value) : value))
    .sort((a, b) => a - b);
  if (scaled.length === 0) return log ? [0.1, 1] : [0, 1];
  const left = Math.floor(LEFT_OUT * scaled.length);
  const [low, high] = [scaled[left], scaled[scaled.length - 1 - left]];
  const room = high > low ? ROOM * (high - low) : Math.max(Math.abs(low) * ROOM, 1e-6);
  const back = (value: number) => (log ? 10 ** value : value);
  return [back(low - room), back(high + room)];
}
