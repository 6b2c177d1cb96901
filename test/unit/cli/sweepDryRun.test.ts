/** What a dry run of a sweep counts. */
import { describe, expect, it } from 'vitest';
import { countScorings } from '../../../server/cli/sweep/dryRun';
import type { SweepPlan } from '../../../server/sweep/expand';

const runsOf = (methods: readonly string[]) => {
  const runs = methods.flatMap((method) =>
    [0.9, 0.98].map((sparsity) => ({ key: { model: 'net', method, sparsity, seed: 0 }, variant: { method } })),
  );
  return { runs } as unknown as SweepPlan;
};

describe('the scorings of a sweep', () => {
  it('are one for all sparsities where the criterion allows it, and none where a method begins dense', () => {
    expect(countScorings(runsOf(['snip']))).toBe(1);
    expect(countScorings(runsOf(['synflow']))).toBe(2);
    expect(countScorings(runsOf(['dense', 'gmp', 'lottery-ticket']))).toBe(0);
    // The initial mask is one of the sparsity that is aimed at.
    expect(countScorings(runsOf(['rigl']))).toBeGreaterThan(0);
  });
});
