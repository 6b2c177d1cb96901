/** Every criterion of the golden networks on one executor: the same assertions for each backend. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../server/executors/types';
import { goldenNames, loadGolden } from '../support/golden';
import { goldenCases, goldenError, prepareGolden } from '../support/goldenScores';

/** Declares the golden tests for an executor whose scores may differ from the float64 ones by `tolerance` (norm). */
export function describeGolden(name: string, open: () => Promise<Executor>, tolerance: number): void {
  describe(`golden scores on ${name}`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await open();
    });
    afterAll(() => executor.dispose());

    for (const network of goldenNames) {
      describe(network, () => {
        let golden: ReturnType<typeof prepareGolden>;
        beforeAll(async () => {
          golden = prepareGolden(await loadGolden(network));
        });
        for (const entry of goldenCases) {
          it(entry.kind, async () => {
            const { weight, error } = await goldenError(executor, golden, entry);
            expect(error, weight).toBeLessThan(tolerance);
          });
        }
      });
    }
  });
}
