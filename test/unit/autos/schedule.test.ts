/** How many weights stay after each iteration, and which. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRewindSettings, keptAfter } from '../../../server/autos/rewinding/schedule';
import {
  countAlive,
  initialSurvival,
  masksAfter,
  masksAtSparsity,
  pruneOnce,
  type Survival,
} from '../../../server/autos/rewinding/survival';
import { keptCount } from '../../../server/pruning';
import { countKept } from '../../../server/pruning/selection';
import { createRandom } from '../../../server/random';

const plans = fc.record({
  weights: fc.integer({ min: 1, max: 20_000_000 }),
  iterations: fc.integer({ min: 1, max: 100 }),
  schedule: fc.constantFrom('pct' as const, 'num' as const),
  finalSparsity: fc.double({ min: 0.01, max: 0.999, noNaN: true }),
});

describe('keptAfter', () => {
  it('begins with all, never rises and ends at exactly the final sparsity', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const counts = Array.from({ length: plan.iterations + 1 }, (_, i) => keptAfter(plan, i));
        expect(counts[0]).toBe(plan.weights);
        expect(counts.at(-1)).toBe(keptCount(plan.weights, plan.finalSparsity));
        counts.slice(1).forEach((count, i) => {
          expect(count).toBeLessThanOrEqual(counts[i]);
        });
        expect(counts.every(Number.isInteger)).toBe(true);
      }),
    );
  });

  it('removes a constant number with num, to one weight', () => {
    fc.assert(
      fc.property(plans, ({ weights, iterations, finalSparsity }) => {
        const plan = { weights, iterations, finalSparsity, schedule: 'num' as const };
        const each = (weights - keptCount(weights, finalSparsity)) / iterations;
        for (let i = 1; i <= iterations; i++) {
          expect(Math.abs(keptAfter(plan, i - 1) - keptAfter(plan, i) - each)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('removes a constant fraction of what is left with pct, to the rounding', () => {
    fc.assert(
      fc.property(plans, ({ weights, iterations, finalSparsity }) => {
        const plan = { weights, iterations, finalSparsity, schedule: 'pct' as const };
        const density = (1 - finalSparsity) ** (1 / iterations);
        for (let i = 1; i <= iterations; i++) {
          expect(Math.abs(keptAfter(plan, i) - density * keptAfter(plan, i - 1))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('has known values', () => {
    const plan = { weights: 1000, iterations: 2, finalSparsity: 0.99 };
    expect([0, 1, 2].map((i) => keptAfter({ ...plan, schedule: 'pct' }, i))).toEqual([1000, 100, 10]);
    expect([0, 1, 2].map((i) => keptAfter({ ...plan, schedule: 'num' }, i))).toEqual([1000, 505, 10]);
  });
});

describe('checkRewindSettings', () => {
  const settings = {
    iterations: 20,
    schedule: 'pct' as const,
    finalSparsity: 0.99,
    criterion: 'magnitude' as const,
    rewindEpoch: 0,
    seed: 0,
  };
  it.each([
    [{ iterations: 0 }, /iterations must be a whole number from 1/],
    [{ iterations: 2.5 }, /iterations must be/],
    [{ finalSparsity: 0 }, /between 0 and 1/],
    [{ finalSparsity: 0.9999 }, /leaves none of the 1000 weights/],
    [{ rewindEpoch: 3 }, /cannot be rewound to epoch 3 of 3/],
  ])('refuses %o', (wrong, message) => {
    expect(() => checkRewindSettings({ ...settings, ...wrong }, 1000, 3)).toThrow(message);
  });
  it('accepts the others', () => {
    expect(() => checkRewindSettings({ ...settings, rewindEpoch: 2 }, 1000, 3)).not.toThrow();
  });
});

/** Survival of `sizes` weights under random scores that are drawn anew at each iteration. */
function pruneAtRandom(sizes: readonly number[], counts: readonly number[], seed: number) {
  const history: Survival[] = [initialSurvival(sizes.map((size, t) => [`w${t}`, size]))];
  counts.forEach((kept, iteration) => {
    const scores = sizes.map((size, t) => {
      const values = new Float32Array(size);
      // Few distinct values, so that there are many equal scores.
      const random = createRandom(seed, iteration, t);
      return [`w${t}`, values.map(() => random.integer(7))] as const;
    });
    history.push(pruneOnce(history.at(-1)!, new Map(scores), kept));
  });
  return history;
}

const flat = (masks: ReadonlyMap<string, Uint8Array>) => [...masks.values()].flatMap((mask) => [...mask]);

describe('survival', () => {
  const sizes = [50, 30, 20];
  const counts = [60, 60, 25, 3];

  it('keeps the exact counts, and only what was alive', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const history = pruneAtRandom(sizes, counts, seed);
        history.slice(1).forEach((state, i) => {
          expect(countAlive(state, i + 1)).toBe(counts[i]);
          // Earlier masks can still be told from the counts.
          for (let k = 0; k <= i; k++) expect(masksAfter(state, k)).toEqual(masksAfter(history[k], k));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('removes the lowest scores of those alive, later ones first among equals', () => {
    const names = [['a', 4]] as const;
    const first = pruneOnce(initialSurvival(names), new Map([['a', Float32Array.of(3, 1, 2, 2)]]), 2);
    expect([...masksAfter(first, 1).get('a')!]).toEqual([1, 0, 1, 0]);
    // A removed weight cannot come back, whatever its score.
    const second = pruneOnce(first, new Map([['a', Float32Array.of(1, 9, 0, 9)]]), 1);
    expect([...second.survived.get('a')!]).toEqual([2, 0, 1, 0]);
    expect([...second.scores.get('a')!]).toEqual([1, 1, 0, 2]);
  });

  it('refuses a score that is not finite', () => {
    const start = initialSurvival([['a', 2]]);
    expect(() => pruneOnce(start, new Map([['a', Float32Array.of(1, Number.NaN)]]), 1)).toThrow(/a\[1\] is NaN/);
  });

  it('finds the masks at any sparsity: exact, nested, and those of the iterations', () => {
    const history = pruneAtRandom(sizes, counts, 5);
    const last = history.at(-1)!;
    let former = flat(masksAtSparsity(last, 0)!);
    expect(former.every((bit) => bit === 1)).toBe(true);
    for (let kept = 99; kept >= 3; kept--) {
      const masks = masksAtSparsity(last, 1 - kept / 100)!;
      expect([...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0)).toBe(kept);
      expect(flat(masks).every((bit, i) => bit <= former[i])).toBe(true);
      former = flat(masks);
      const iteration = counts.indexOf(kept);
      if (iteration >= 0) expect(masks).toEqual(masksAfter(last, iteration + 1));
    }
    expect(masksAtSparsity(last, 0.98)).toBeUndefined();
    expect(masksAtSparsity(history[1], 0.5)).toBeUndefined();
  });
});
