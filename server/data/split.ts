/** The test split of data sets that come without one. */
import { createRandom } from '../random';

/** Share of the examples set aside where no split is given, as in appendix D of the ProsPr paper. */
const TEST_SHARE = 0.3;

/**
 * Marks the examples of `count` that are set aside for the test with 1: three tenths, the same each time, chosen without regard
 * to their order. Undefined where they are too few for both splits.
 */
export function testExamples(count: number): Uint8Array | undefined {
  const chosen = Math.round(TEST_SHARE * count);
  if (chosen === 0 || chosen === count) return undefined;
  const marks = new Uint8Array(count);
  for (const index of createRandom(0, 'split').permutation(count).subarray(0, chosen)) marks[index] = 1;
  return marks;
}
