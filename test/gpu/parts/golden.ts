/** Scores of the golden networks, which were computed in float64 elsewhere. */
import { type GoldenName, loadGolden } from '../../support/golden';
import { goldenCases, goldenError, prepareGolden } from '../../support/goldenScores';
import type { Part } from '../types';

/** Relative in norm, as the tests have it. */
const TOLERANCE = 1e-3;

export const golden: Part = {
  name: 'golden',
  title: 'Golden scores',
  async run({ sizes, goldenFolder, share, tell }) {
    const executor = await share('float32');
    for (const name of sizes.golden) {
      const prepared = prepareGolden(await loadGolden(name as GoldenName, goldenFolder));
      let worst = { kind: '', weight: '', error: 0 };
      for (const entry of goldenCases) {
        const found = await goldenError(executor, prepared, entry);
        if (!(found.error <= worst.error)) worst = { kind: entry.kind, ...found };
      }
      tell({
        what: name,
        value: `${goldenCases.length} criteria; the largest error is ${worst.error.toExponential(1)} (${worst.kind}, ${worst.weight})`,
        passed: worst.error < TOLERANCE,
      });
    }
  },
};
