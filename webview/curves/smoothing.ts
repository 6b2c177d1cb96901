/** A smoothed line beside single values. */

/** How much of the line so far each value leaves of it, until somebody chooses. */
export const SMOOTHING = 0.9;

/**
 * The exponential moving average of the values, without the pull of its beginning: the first value is its own. Null where
 * there is no value; those places change nothing.
 */
export function smoothed(values: readonly (number | null)[], weight = SMOOTHING): (number | null)[] {
  let sum = 0;
  let share = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return sum / share;
  });
}
