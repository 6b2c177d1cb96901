/** Schedules and rules by which training changes masks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countKept, type Masks } from '../../../server/pruning';
import { keptCount } from '../../../server/pruning/selection';
import { createRandom } from '../../../server/random';
import { dynamicConfig, initialCriterion, initialSparsity } from '../../../server/request/dynamic';
import { macCosts } from '../../../server/training/cost';
import { type DynamicConfig, type DynamicMethod, planUpdates } from '../../../server/training/dynamic/plan';
import { exchange, exchangeCount, updatedMasks } from '../../../server/training/dynamic/rules';
import { plainNetwork, randomMasks } from '../../support/training';

const selection = { scope: 'global' as const, minPerLayer: 0 };
const configOf = (method: DynamicMethod, sparsity: number, dynamic = {}) =>
  dynamicConfig(method, { dynamic, selection }, sparsity);

function normal(seed: number, name: string, length: number): Float32Array {
  const values = new Float32Array(length);
  createRandom(seed, name).fillNormal(values, 0, 1);
  return values;
}

describe('the plan of updates', () => {
  it('has updates at every ΔT before T_end, and none at the first step', () => {
    const plan = planUpdates(configOf('rigl', 0.9, { updateEvery: 10 }), 100);
    const steps = Array.from({ length: 100 }, (_, step) => step).filter((step) => plan.numberAt(step) !== undefined);
    expect(steps).toEqual([10, 20, 30, 40, 50, 60, 70]);
    expect(plan.count).toBe(7);
    // α/2 (1 + cos(π t / T_end)): half of it at half of the time.
    expect(plan.fractionAt(37.5)).toBeCloseTo(0.15, 12);
  });

  it('prunes by a cubic schedule that ends at the final sparsity', () => {
    const plan = planUpdates(configOf('gmp', 0.9, { updateEvery: 10, updateEnd: 0.5 }), 100);
    const sparsities = [1, 2, 3, 4].map(plan.sparsityAfter);
    expect(sparsities[3]).toBe(0.9);
    expect(sparsities[1]).toBeCloseTo(0.9 - 0.9 / 8, 12);
  });

  it('refuses a training without updates', () => {
    expect(() => planUpdates(configOf('rigl', 0.9), 100)).toThrow('never');
  });
});

describe('what is asked for', () => {
  it('has the defaults of each method', () => {
    expect(configOf('rigl', 0.98)).toEqual({ method: 'rigl', updateEvery: 100, updateEnd: 0.75, dropFraction: 0.3 });
    expect(configOf('granet', 0.98).dropFraction).toBe(0.5);
    expect(configOf('granet', 0.98).pruning).toMatchObject({ initialSparsity: 0.5, finalSparsity: 0.98 });
    expect(configOf('gmp', 0.98).pruning).toMatchObject({ initialSparsity: 0, finalSparsity: 0.98 });
    expect(initialCriterion('rigl', {})).toBe('random-erk');
    expect(initialCriterion('set', { initialMask: 'snip' })).toBe('snip');
    expect(initialCriterion('gmp', {})).toBeUndefined();
    expect(initialSparsity('granet', {}, 0.3)).toBe(0.3);
    expect(() => initialCriterion('rigl', { initialMask: 'ekr' })).toThrow('ekr');
  });
});

describe('an exchange', () => {
  it('replaces the smallest weights by those with the highest scores', () => {
    const mask = Uint8Array.of(1, 1, 1, 0, 0, 0);
    const weights = Float32Array.of(3, -0.1, 2, 0, 0, 0);
    expect(exchange(mask, weights, Float32Array.of(9, 0, 9, 1, 3, 2), 1)).toEqual(Uint8Array.of(1, 0, 1, 0, 1, 0));
    // What has just gone can come back.
    expect(exchange(mask, weights, Float32Array.of(0, 4, 0, 1, 3, 2), 1)).toEqual(mask);
  });

  it('keeps the number of weights', () => {
    const bits = fc.uint8Array({ min: 0, max: 1, minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(bits, fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (mask, seed, fraction) => {
        const weights = normal(seed, 'weights', mask.length).map((value, i) => value * mask[i]);
        const growth = normal(seed, 'growth', mask.length).map(Math.abs);
        const kept = countKept(mask);
        const updated = exchange(mask, weights, growth, exchangeCount(kept, fraction));
        expect(countKept(updated)).toBe(kept);
      }),
    );
  });
});

describe('the number of weights after each update', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 });
  const sparsity = fc.double({ min: 0.1, max: 0.98, noNaN: true });

  /** Counts by tensor after each update, with the counts of the beginning first. */
  function follow(config: DynamicConfig, lengths: readonly number[], begun: number, seed: number): number[][] {
    const names = lengths.map((_, i) => `layer${i}`);
    let masks: Masks = new Map(
      names.map((name, i) => {
        const random = createRandom(seed, 'mask', name);
        return [name, Uint8Array.from({ length: lengths[i] }, () => (random.uniform() < begun ? 1 : 0))] as const;
      }),
    );
    const plan = planUpdates(config, 100);
    const counts = [Array.from(masks.values(), countKept)];
    for (let step = 1; step < 100; step++) {
      if (plan.numberAt(step) === undefined) continue;
      const weights = new Map(
        Array.from(masks, ([name, mask]) => {
          const values = normal(seed + step, name, mask.length);
          return [name, values.map((value, i) => value * mask[i])];
        }),
      );
      const gradients = new Map(names.map((name, i) => [name, normal(seed - step, name, lengths[i])]));
      masks = updatedMasks(config, plan, { masks, weights, gradients, step, seed });
      counts.push(Array.from(masks.values(), countKept));
    }
    return counts;
  }

  it.each(['set', 'rigl'] as const)('of %s stays the same in each layer', (method) => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000), (lengths, begun, seed) => {
        const [first, ...others] = follow(configOf(method, 0.5, { updateEvery: 10 }), lengths, begun, seed);
        expect(others).toHaveLength(7);
        for (const counts of others) expect(counts).toEqual(first);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['gmp', 'granet'] as const)('of %s is that of its schedule', (method) => {
    fc.assert(
      fc.property(sizes, sparsity, fc.nat(1000), (lengths, final, seed) => {
        const config = configOf(method, final, { updateEvery: 10, initialSparsity: 0 });
        const plan = planUpdates(config, 100);
        const all = lengths.reduce((sum, length) => sum + length, 0);
        const [, ...counts] = follow(config, lengths, 1, seed);
        counts.forEach((layers, i) => {
          const kept = layers.reduce((sum, count) => sum + count, 0);
          expect(kept).toBe(keptCount(all, plan.sparsityAfter(i + 1)));
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe('the cost in multiplications', () => {
  const network = plainNetwork();
  // 5 × 4 and 4 × 3 weights.
  const dense = 32;
  const masks = randomMasks(network, 0.5);
  const names = [...masks.keys()];
  const kept = names.map((name) => countKept(masks.get(name)!));
  const sparse = kept[0] + kept[1];

  it('is three passes through what is kept for a step', () => {
    const cost = macCosts({ network, config: { batchSize: 8 }, steps: 6, epochs: 2, masks });
    expect(cost).toEqual({
      inference: sparse,
      denseInference: dense,
      training: 3 * sparse * 12 * 8,
      denseTraining: 3 * dense * 12 * 8,
    });
  });

  it('is two and a dense one where all gradients are looked at', () => {
    const layers = Object.fromEntries(names.map((name, i) => [name, kept[i]]));
    const update = { epoch: 1, step: 4, update: 1, kept: sparse, dropped: 1, grown: 1, layers };
    const rigl = { batchSize: 8, dynamic: configOf('rigl', 0.5) };
    const counted = { network, steps: 6, epochs: 2, masks, updates: [update] };
    expect(macCosts({ ...counted, config: rigl }).training).toBe((3 * sparse * 11 + 2 * sparse + dense) * 8);
    const set = { batchSize: 8, dynamic: configOf('set', 0.5) };
    expect(macCosts({ ...counted, config: set }).training).toBe((3 * sparse * 11 + sparse) * 8);
  });
});
