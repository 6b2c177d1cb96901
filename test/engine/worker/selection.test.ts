/** Selection from sorted scores against `selectMasks`, and tiles and histograms against counting one by one. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixExtents, matrixIndex } from '../../../server/protocol/results';
import { sizeOf } from '../../../server/protocol/tensor';
import { type Saliency, selectMasks } from '../../../server/pruning';
import { ascending, countsAmongHighest } from '../../../server/pruning/ascending';
import { countBelow, countsOfHighest, sortedCopy } from '../../../server/pruning/sortedValues';
import { createRandom } from '../../../server/random';
import { histogramOf } from '../../../server/worker/calls/histogram';
import { cutoffsAt, masksOf } from '../../../server/worker/scores/cutoffs';
import { createRanking } from '../../../server/worker/scores/ranking';
import { createTile } from '../../../server/worker/scores/tiles';

/** Few values, so that there are many ties, with both zeros and both signs. */
const value = fc.oneof(fc.constantFrom(-1, -0, 0, 0.5, 1), fc.float({ noNaN: true, noDefaultInfinity: true }));
const tensor = fc.array(value, { minLength: 1, maxLength: 30 }).map((values) => Float32Array.from(values));
const tensors = fc.array(tensor, { minLength: 1, maxLength: 5 });

async function rank(saliency: Saliency) {
  return createRanking(saliency, async () => {});
}

function outcome<T>(run: () => T): T | 'impossible' {
  try {
    return run();
  } catch {
    return 'impossible';
  }
}

describe('sorted scores', () => {
  it('are what comparing makes of them, in short lists and in long ones', () => {
    const random = createRandom(1, 'scores');
    for (const length of [1, 4095, 4096, 20_000]) {
      const values = Float32Array.from({ length }, (_, i) =>
        i % 7 === 0 ? -0 : random.normal() * 10 ** (i % 30) - 15,
      );
      const copy = values.slice();
      const sorted = sortedCopy(values);
      expect(values).toEqual(copy);
      expect(sorted).toEqual(values.map((one) => one + 0).sort());
    }
  });
});

describe('scores in order', () => {
  const random = createRandom(2, 'scores');
  const large = (valueAt: (i: number) => number) => Float32Array.from({ length: 70_000 }, (_, i) => valueAt(i));
  const lists = [
    large((i) => (i % 9 === 0 ? -0 : random.normal() * 10 ** (i % 20) - 15)),
    large(() => Math.abs(random.normal())),
    large((i) => i % 3),
    large(() => 0.25),
    Float32Array.of(0.25, -0, 3),
  ];

  it('are those of a sorted copy, wherever one looks', () => {
    for (const values of lists) {
      const [sorted, looked] = [sortedCopy(values), ascending(values)];
      expect(looked.length).toBe(sorted.length);
      const places = Array.from({ length: 50 }, () => random.integer(sorted.length));
      for (const place of [0, sorted.length - 1, ...places]) expect(looked.at(place)).toBe(sorted[place]);
      const near = places.flatMap((place) => [sorted[place], sorted[place] * (1 + 1e-12), sorted[place] - 1e-300]);
      for (const limit of [...near, 0, -0, 0.1, 1e300, -1e300, Number.POSITIVE_INFINITY]) {
        for (const orEqual of [false, true]) {
          expect([limit, looked.countBelow(limit, orEqual)]).toEqual([limit, countBelow(sorted, limit, orEqual)]);
        }
      }
    }
  });

  it('have the same highest ones', () => {
    const sorted = lists.map(sortedCopy);
    const total = lists.reduce((sum, { length }) => sum + length, 0);
    for (const count of [0, 1, 2, 70_000, 100_003, 190_000, total - 1, total]) {
      expect(countsAmongHighest(lists.map(ascending), count)).toEqual(countsOfHighest(sorted, count));
    }
  });
});

describe('selection from sorted scores', () => {
  it('keeps exactly what selectMasks keeps', async () => {
    const sparsity = fc.double({ min: 0, max: 0.999, noNaN: true });
    await fc.assert(
      fc.asyncProperty(tensors, sparsity, fc.nat(6), fc.boolean(), async (arrays, fraction, minPerLayer, fixed) => {
        const scores = new Map(arrays.map((values, i) => [`w${i}`, values]));
        const kept = new Map(arrays.map(({ length }, i) => [`w${i}`, Math.floor(length / 2)]));
        const saliency = { scores, ...(fixed && { kept }) };
        const expected = outcome(() => selectMasks(saliency, { sparsity: fraction, minPerLayer }));
        const ranking = await rank(saliency);
        const actual = outcome(() => masksOf(scores, cutoffsAt(scores, ranking, fraction, minPerLayer)));
        expect(actual).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('tiles', () => {
  const shapes = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    fc.tuple(...[3, 2, 4, 5].map((max) => fc.integer({ min: 1, max }))),
  );

  it('hold the density of every cell, of any rectangle', () => {
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.nat(9)), (shape, numbers) => {
        const next = (limit: number) => numbers.next().value! % limit;
        const { rows: allRows, columns: allColumns } = matrixExtents(shape);
        const row = next(allRows);
        const column = next(allColumns);
        const rows = 1 + next(allRows - row);
        const columns = 1 + next(allColumns - column);
        const [height, width] = [1 + next(7), 1 + next(7)];
        const scoresOf = () => Float32Array.from({ length: sizeOf(shape) }, () => next(5));
        const tensorOf = () => ({ scores: scoresOf(), cutoff: { threshold: 2, equalEnd: next(9), kept: 0 } });
        const [own, other] = [tensorOf(), tensorOf()];
        const isKept = ({ scores, cutoff }: typeof own, index: number) =>
          scores[index] > 2 || (scores[index] === 2 && index < cutoff.equalEnd);

        const tile = createTile(shape, { row, column, rows, columns, height, width }, own, other);
        const [h, w] = [Math.min(height, rows), Math.min(width, columns)];
        const expected = { density: [] as number[], both: [] as number[], other: [] as number[] };
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const cell = [Math.floor((y * h) / height), Math.floor((x * w) / width)];
            let [all, kept, both, others] = [0, 0, 0, 0];
            for (let r = 0; r < rows; r++) {
              for (let c = 0; c < columns; c++) {
                if (Math.floor((r * h) / rows) !== cell[0] || Math.floor((c * w) / columns) !== cell[1]) continue;
                const { index } = matrixIndex(shape, row + r, column + c);
                const [a, b] = [isKept(own, index), isKept(other, index)];
                all++;
                kept += Number(a);
                others += Number(b);
                both += Number(a && b);
              }
            }
            expected.density.push(Math.round((255 * kept) / all));
            expected.both.push(Math.round((255 * both) / all));
            expected.other.push(Math.round((255 * others) / all));
          }
        }
        const decode = (text: string | undefined) => [...Buffer.from(text!, 'base64')];
        expect({ density: decode(tile.density), both: decode(tile.both), other: decode(tile.other) }).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('histograms', () => {
  it('count powers of ten, zeros apart', () => {
    const values = Float32Array.of(0, -0, 0, 1, 10, 10, 1000);
    const histogram = histogramOf([{ sorted: ascending(values), kept: 2 }], 3);
    expect(histogram).toMatchObject({ low: 0, high: 3, removed: [1, 1, 0], kept: [0, 1, 1] });
    expect(histogram.zeros).toEqual({ removed: 3, kept: 0 });
    const zeros = histogramOf([{ sorted: ascending(new Float32Array(4)), kept: 1 }], 2);
    expect(zeros).toMatchObject({ low: 0, high: 0, removed: [0, 0], kept: [0, 0], zeros: { removed: 3, kept: 1 } });
  });
});
