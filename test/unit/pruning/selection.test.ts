/** Properties of selecting weights: exact counts, order, ties, minima, and speed-independent correctness. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../server/protocol/errors';
import { layerRatios } from '../../../server/pruning/ratios';
import { applyMasks, countKept, keepHighest, keptCount, selectMasks } from '../../../server/pruning/selection';

const scores = fc
  .array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 60 }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((arrays) => new Map(arrays.map((values, i) => [`layer${i}/kernel`, Float32Array.from(values)])));
const sparsity = fc.double({ min: 0, max: 0.9999, noNaN: true });

/** The same selection by sorting, the obvious way. */
function bySorting(arrays: readonly Float32Array[], count: number): number[][] {
  const entries = arrays.flatMap((values, a) => Array.from(values, (value, i) => ({ value: value + 0, a, i })));
  const kept = entries.sort((x, y) => y.value - x.value || x.a - y.a || x.i - y.i).slice(0, count);
  const masks = arrays.map((values) => new Array<number>(values.length).fill(0));
  for (const { a, i } of kept) masks[a][i] = 1;
  return masks;
}

describe('global selection', () => {
  it('keeps exactly round((1 - s) n) weights, the highest, ties by index', () => {
    fc.assert(
      fc.property(scores, sparsity, (map, s) => {
        const arrays = [...map.values()];
        const n = arrays.reduce((sum, values) => sum + values.length, 0);
        const masks = [...selectMasks({ scores: map }, { sparsity: s }).values()];
        expect(masks.map((mask) => [...mask])).toEqual(bySorting(arrays, keptCount(n, s)));
      }),
    );
  });

  it('selects the same under a positive scale of the scores', () => {
    fc.assert(
      fc.property(scores, sparsity, (map, s) => {
        const doubled = new Map(
          [...map].map(([name, values]) => [name, values.map((value) => Math.fround(value / 4))]),
        );
        fc.pre([...map.values()].every((values) => values.every((v) => v === 0 || Math.abs(v) > 1e-30)));
        expect(selectMasks({ scores: doubled }, { sparsity: s })).toEqual(
          selectMasks({ scores: map }, { sparsity: s }),
        );
      }),
    );
  });

  it('treats 0 and -0 alike and breaks their tie by index', () => {
    expect([...keepHighest([Float32Array.of(-0, 0, -0, 0)], 2)[0]]).toEqual([1, 1, 0, 0]);
  });

  it('keeps at least the minimum of every tensor and still exactly k', () => {
    fc.assert(
      fc.property(scores, sparsity, fc.integer({ min: 0, max: 5 }), (map, s, minPerLayer) => {
        const sizes = [...map.values()].map((values) => values.length);
        const k = keptCount(
          sizes.reduce((sum, size) => sum + size, 0),
          s,
        );
        const least = sizes.map((size) => Math.min(size, minPerLayer));
        const total = least.reduce((sum, count) => sum + count, 0);
        if (total > k) {
          expect(() => selectMasks({ scores: map }, { sparsity: s, minPerLayer })).toThrow(UserError);
          return;
        }
        const kept = [...selectMasks({ scores: map }, { sparsity: s, minPerLayer }).values()].map(countKept);
        expect(kept.reduce((sum, count) => sum + count, 0)).toBe(k);
        kept.forEach((count, i) => {
          expect(count).toBeGreaterThanOrEqual(least[i]);
        });
      }),
    );
  });

  it('prunes each tensor to the same sparsity when asked', () => {
    fc.assert(
      fc.property(scores, sparsity, (map, s) => {
        const masks = selectMasks({ scores: map }, { sparsity: s, scope: 'per-layer' });
        for (const [name, mask] of masks) expect(countKept(mask)).toBe(keptCount(map.get(name)!.length, s));
      }),
    );
  });

  it('refuses scores that are not finite, naming the weight', () => {
    const map = new Map([['conv1/kernel', Float32Array.of(1, Number.NaN)]]);
    expect(() => selectMasks({ scores: map }, { sparsity: 0.5 })).toThrow('the score of conv1/kernel[1] is NaN');
  });
});

describe('masks', () => {
  it('set removed weights to zero and leave the others', () => {
    const weights = new Map([
      ['a/kernel', Float32Array.of(1, 2, 3)],
      ['a/bias', Float32Array.of(4)],
    ]);
    const masked = applyMasks(weights, new Map([['a/kernel', Uint8Array.of(1, 0, 1)]]));
    expect([...masked.get('a/kernel')!]).toEqual([1, 0, 3]);
    expect(masked.get('a/bias')).toBe(weights.get('a/bias'));
  });
});

function erdosRenyiKernelCounts(tensors: readonly { name: string; shape: readonly number[] }[], sparsity: number) {
  const named = tensors.map((tensor) => ({ ...tensor, layer: tensor.name }));
  return layerRatios('erk', named, new Map())!(sparsity, 0).kept;
}

describe('Erdős-Rényi-kernel densities', () => {
  it('add up exactly and never exceed a tensor', () => {
    const shape = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      fc.tuple(fc.constant(3), fc.constant(3), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
    );
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 6 }), sparsity, (shapes, s) => {
        const tensors = shapes.map((extents, i) => ({ name: `${i}`, shape: extents as readonly number[] }));
        const sizes = tensors.map((tensor) => tensor.shape.reduce((product, extent) => product * extent, 1));
        const counts = [...erdosRenyiKernelCounts(tensors, s).values()];
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(
          keptCount(
            sizes.reduce((sum, size) => sum + size, 0),
            s,
          ),
        );
        counts.forEach((count, i) => {
          expect(count).toBeLessThanOrEqual(sizes[i]);
        });
      }),
    );
  });

  it('keeps small layers denser, in proportion to the sum of extents over their product', () => {
    const counts = erdosRenyiKernelCounts(
      [
        { name: 'large', shape: [300, 100] },
        { name: 'small', shape: [100, 10] },
      ],
      0.98,
    );
    expect(counts.get('large')! / counts.get('small')!).toBeCloseTo(400 / 110, 1);
  });
});
