/** Histograms show what the mask keeps, whatever the method decides by. */
import { describe, expect, it } from 'vitest';
import { ascending } from '../../../server/pruning/ascending';
import { createRandom } from '../../../server/random';
import { histogramOf, type PartedScores } from '../../../server/worker/calls/histogram';
import { cutoffsAt, masksOf } from '../../../server/worker/scores/cutoffs';

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** Scores of two tensors, parted as a selection parts them. */
function parted(scores: ReadonlyMap<string, Float32Array>, sparsity: number, kept?: ReadonlyMap<string, number>) {
  const tensors = [...scores].map(([name, values]) => ({ name, sorted: ascending(values) }));
  const cutoffs = cutoffsAt(scores, { tensors, ...(kept && { kept }) }, sparsity, 0);
  const masks = masksOf(scores, cutoffs);
  const parts: PartedScores[] = tensors.map(({ name, sorted }) => ({ sorted, kept: cutoffs.get(name)!.kept }));
  return { parts, masks };
}

function randomScores(transform: (value: number) => number): ReadonlyMap<string, Float32Array> {
  const random = createRandom(1, 'histogram');
  const tensor = (size: number, scale: number) => {
    const values = new Float32Array(size);
    random.fillNormal(values, 0, scale);
    return values.map(transform);
  };
  return new Map([
    ['a', tensor(1000, 1)],
    ['b', tensor(3000, 0.1)],
  ]);
}

describe('a histogram', () => {
  it.each([
    ['scores of both signs', (value: number) => value, 'signed', undefined],
    ['magnitudes', Math.abs, 'logarithmic', undefined],
    ['scores with many ties', (value: number) => Math.round(Math.abs(value)), 'logarithmic', undefined],
    [
      'scores whose method decides for each layer',
      Math.abs,
      'logarithmic',
      new Map([
        ['a', 10],
        ['b', 2000],
      ]),
    ],
  ] as const)('counts %s by the mask', (_, transform, axis, counts) => {
    const scores = randomScores(transform);
    const { parts, masks } = parted(scores, 0.7, counts);
    const histogram = histogramOf(parts, 30);
    expect(histogram.axis).toBe(axis);
    const kept = sum([...masks.values()].map((mask) => sum([...mask])));
    expect(histogram.total).toEqual({ kept, removed: 4000 - kept });
    expect(sum(histogram.kept) + histogram.zeros.kept).toBe(kept);
    expect(sum(histogram.removed) + histogram.zeros.removed).toBe(4000 - kept);

    // Bin by bin, weight by weight.
    const width = (histogram.high - histogram.low) / 30;
    const expected = new Array<number>(30).fill(0);
    for (const [name, values] of scores) {
      values.forEach((score, i) => {
        const place = axis === 'signed' ? Math.asinh(score / histogram.unit) : Math.log10(score);
        if (masks.get(name)![i] && Number.isFinite(place)) {
          expected[Math.min(29, Math.max(0, Math.floor((place - histogram.low) / width)))]++;
        }
      });
    }
    // A score on an edge may fall on either side of it.
    const gap = sum(expected.map((count, bin) => Math.abs(count - histogram.kept[bin])));
    expect(gap).toBeLessThanOrEqual(4);
  });

  it('has a threshold where one parts all weights, and none where layers are decided one by one', () => {
    const scores = randomScores(Math.abs);
    const global = histogramOf(parted(scores, 0.7).parts, 30);
    const all = [...scores.values()].flatMap((values) => [...values]).sort((a, b) => b - a);
    expect(global.threshold).toBe(all[1199]);
    const layers = new Map([
      ['a', 10],
      ['b', 2000],
    ]);
    expect(histogramOf(parted(scores, 0.7, layers).parts, 30).threshold).toBeUndefined();
  });

  it('tells weights that were removed in earlier rounds from scores', () => {
    const scores = new Map([['a', Float32Array.of(-1, -1, -1, 0, 0.5, 2, 4)]]);
    const histogram = histogramOf(parted(scores, 0.7).parts, 4);
    expect(histogram).toMatchObject({ axis: 'logarithmic', removedEarlier: 3, zeros: { removed: 1, kept: 0 } });
    expect(histogram.removed).toEqual([1, 0, 0, 0]);
    expect(histogram.kept).toEqual([0, 0, 1, 1]);
  });

  it('is empty where no score is above 0, and holds where all are equal', () => {
    const none = histogramOf(parted(new Map([['a', new Float32Array(5)]]), 0.4).parts, 4);
    expect(none).toMatchObject({ zeros: { removed: 2, kept: 3 }, removed: [0, 0, 0, 0], kept: [0, 0, 0, 0] });
    const equal = histogramOf(parted(new Map([['a', new Float32Array(5).fill(0.5)]]), 0.4).parts, 4);
    expect([sum(equal.kept), sum(equal.removed)]).toEqual([3, 2]);
  });
});
