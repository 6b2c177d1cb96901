/** Bisection over the density, and which metric a search is about. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCsv } from '../../../server/comparison/csv';
import { summarize } from '../../../server/comparison/results';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { RunOutcome } from '../../../server/protocol/comparison';
import { bracketOf, middleOf } from '../../../server/search/bisection';
import { metricFor } from '../../../server/search/metrics';
import { failureOf } from '../../support/models';
import { chain } from '../../support/networks';

/** The bracket after so many rounds where all sparsities up to `limit` keep the metric. */
function search(limit: number, rounds: number, maxSparsity: number) {
  const trials: { sparsity: number; keeps: boolean }[] = [];
  for (let round = 0; round < rounds; round++) {
    const sparsity = middleOf(bracketOf(trials, maxSparsity));
    trials.push({ sparsity, keeps: sparsity <= limit });
  }
  return { trials, bracket: bracketOf(trials, maxSparsity) };
}

describe('bisection', () => {
  it('halves the logarithm of the density', () => {
    expect(middleOf({ keeps: 0, loses: 0.99 })).toBe(0.9);
    expect(middleOf({ keeps: 0.9, loses: 0.99 })).toBe(0.96838);
    const { trials, bracket } = search(0.97, 3, 0.99);
    expect(trials).toEqual([
      { sparsity: 0.9, keeps: true },
      { sparsity: 0.96838, keeps: true },
      { sparsity: 0.98222, keeps: false },
    ]);
    expect(bracket).toEqual({ keeps: 0.96838, loses: 0.98222 });
  });

  it('closes in on any limit, its bracket always around it', () => {
    const limits = fc.double({ min: 0, max: 0.9989, noNaN: true });
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 12 }), (limit, rounds) => {
        const { keeps, loses } = search(limit, rounds, 0.999).bracket;
        expect(keeps).toBeLessThanOrEqual(limit);
        expect(loses).toBeGreaterThan(limit);
        // Of three decades of density, a half remains with each round; a little more for rounded sparsities.
        const decades = Math.log10((1 - keeps) / (1 - loses));
        expect(decades).toBeLessThan(3 / 2 ** rounds + 0.002);
      }),
    );
  });

  it('knows where nothing keeps the metric, and where everything does', () => {
    expect(search(-1, 4, 0.99).bracket.keeps).toBe(0);
    expect(search(1, 4, 0.99).bracket.loses).toBe(0.99);
  });
});

it('the metric follows the task, and mean IoU needs a segmentation', async () => {
  const classifier = createNetwork(chain([4], ['fc', 'Dense', { units: 3 }]));
  const segmentation = createNetwork(chain([4, 4, 1], ['conv', 'Conv2D', { filters: 2, kernelSize: 1 }]));
  expect([metricFor(classifier, {}), metricFor(segmentation, {})]).toEqual(['accuracy', 'mean-iou']);
  expect(metricFor(segmentation, { metric: 'accuracy' })).toBe('accuracy');
  expect((await failureOf(() => metricFor(classifier, { metric: 'mean-iou' }))).message).toContain('for segmentation');
});

describe('comparisons of segmentations', () => {
  const pruning = { prunable: 10, kept: 1, effectiveKept: 1, collapsed: [], layers: [], seconds: 0 };
  const run = (seed: number, testMeanIoU?: number): RunOutcome => ({
    ...{ model: 'unet', method: 'snip', sparsity: 0.9, seed, pruning, seconds: 1, folder: 'runs' },
    final: {
      ...{ epoch: 1, trainLoss: 1, trainAccuracy: 0.5, testLoss: 1, testAccuracy: 0.5 },
      ...(testMeanIoU !== undefined && { testMeanIoU }),
    },
  });

  it('have means and columns of their mean IoU', () => {
    const [row] = summarize([run(0, 0.4), run(1, 0.6)]);
    expect(row.meanIoU!.mean).toBeCloseTo(0.5);
    expect(row.meanIoU!.deviation).toBeCloseTo(Math.SQRT2 / 10);
    expect(row.mean).toBe(0.5);
    const [title, first] = formatCsv([run(0, 0.4)]).split('\n');
    expect([title.endsWith(',test_mean_iou'), first.endsWith(',0.4')]).toEqual([true, true]);
  });

  it('are told from classifications', () => {
    expect('meanIoU' in summarize([run(0)])[0]).toBe(false);
    expect(formatCsv([run(0)])).not.toContain('test_mean_iou');
  });
});
