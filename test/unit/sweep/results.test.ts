/** Tables of a sweep, numbers of papers beside them, and the rounds of gradual pruning. */
import { describe, expect, it } from 'vitest';
import { formatLive, type RunState, spread } from '../../../server/cli/sweep/table';
import { roundsBefore } from '../../../server/comparison/convergence/magnitude';
import { createScoreCache } from '../../../server/comparison/scoreCache';
import type { RunKey, RunOutcome } from '../../../server/protocol/comparison';
import type { SweepResults } from '../../../server/protocol/sweep';
import { axisCurves } from '../../../server/sweep/axes';
import { expandSweep } from '../../../server/sweep/expand';
import { accuracyTable, axisTables } from '../../../server/sweep/markdown';
import { publishedCurves, publishedIds, publishedSteps, publishedTimes } from '../../../server/sweep/published';

const plan = expandSweep(
  {
    models: ['net.ts'],
    methods: ['snip', 'prospr'],
    sparsities: [0.9],
    seeds: 2,
    settings: { steps: [0, 3], lr: [0.1, 0.2] },
  },
  { folder: '.', name: 'sweep', out: 'out' },
);

/** A run whose accuracy says which one it is. */
function outcome(key: RunKey): RunOutcome {
  const isSlow = key.model.endsWith('0.2');
  const steps = key.method.endsWith('3') ? 0.03 : 0;
  const testAccuracy = 0.8 + steps + (isSlow ? 0.1 : 0) + 0.01 * key.seed;
  return { ...key, final: { testAccuracy }, pruning: {} } as RunOutcome;
}

const runs = plan.runs.map(({ key }) => outcome(key));

describe('axes of a sweep', () => {
  const curves = axisCurves(plan, runs);

  it('give a curve for all else alike', () => {
    const over = (option: string) => curves.filter((curve) => curve.option === option);
    expect(over('steps').map(({ place, title }) => `${place}: ${title}`)).toEqual([
      'net+lr=0.1: ProsPr',
      'net+lr=0.2: ProsPr',
    ]);
    expect(over('lr').map(({ place, title }) => `${place}: ${title}`)).toEqual([
      'net: Dense',
      'net: SNIP',
      'net: ProsPr, steps 0',
      'net: ProsPr, steps 3',
    ]);
    const [{ points }] = over('steps');
    expect(points.map(({ value }) => value)).toEqual([0, 3]);
    expect(points[1].mean - points[0].mean).toBeCloseTo(0.03);
    expect(points[0].deviation).toBeCloseTo(0.01 / Math.SQRT2);
  });

  it('have the mean IoU of a segmentation, too', () => {
    const segmented = runs.map((run) => ({
      ...run,
      final: { ...run.final, testMeanIoU: run.final.testAccuracy! / 2 },
    }));
    const [{ points }] = axisCurves(plan, segmented);
    for (const { mean, meanIoU } of points) expect(meanIoU!.mean).toBeCloseTo(mean / 2);
    expect(curves[0].points[0].meanIoU).toBeUndefined();
  });

  it('become tables, a row a value', () => {
    const tables = axisTables({ sweep: { axes: plan.axes, axisCurves: curves } } as unknown as SweepResults);
    expect(tables[0]).toBe('## net+lr=0.1: test accuracy (%) over steps');
    expect(tables[1].split('\n').slice(2)).toEqual(['| 0 | 80.50 ± 0.71 |', '| 3 | 83.50 ± 0.71 |']);
  });
});

describe('published numbers', () => {
  const resnet = { model: 'resnet_20', data: 'cifar-10' };

  it('are found by model and data, whatever is between the letters', () => {
    const curves = publishedCurves(resnet, ['prospr-table-4']);
    expect(curves).toHaveLength(8);
    const prospr = curves.find(({ method }) => method === 'prospr')!;
    expect(prospr.points).toHaveLength(18);
    expect(prospr.points[0]).toEqual({ sparsity: 0.2, mean: 0.923, deviation: 0.001 });
    expect(prospr.points[17]).toEqual({ sparsity: 0.982, mean: 0.742, deviation: 0.003 });
    expect(publishedCurves(resnet, true).length).toBeGreaterThan(8);
    expect(publishedCurves(resnet, false)).toEqual([]);
    expect(publishedCurves({ model: 'resnet-20', data: 'mnist' }, true)).toEqual([]);
  });

  it('leave out what a paper does not tell', () => {
    const snip = publishedCurves(resnet, ['ntk-sap-resnet-20']).find(({ method }) => method === 'snip')!;
    expect(snip.points.map(({ sparsity }) => sparsity)).toEqual([0.893, 0.956]);
  });

  it('hold tables 2 to 7', () => {
    expect(publishedIds).toEqual(expect.arrayContaining(['prospr-table-4', 'prospr-table-5', 'prospr-table-6']));
    const vgg = { model: 'VGG-19', data: 'CIFAR-100' };
    expect(publishedCurves(vgg, true)).toHaveLength(5);
    expect(publishedSteps(vgg, true).map(({ points }) => points.length)).toEqual([4, 4]);
    expect(publishedTimes(vgg, true)[0].points[3]).toEqual({ sparsity: 0.95, seconds: 2328 });
  });

  it('stand below the own ones, marked, where the sparsities are the same', () => {
    const results = {
      methods: [{ name: 'snip', title: 'SNIP' }],
      summary: [{ model: 'net', method: 'snip', sparsity: 0.893, runs: 1, mean: 0.5, deviation: null }],
      sweep: { published: [{ model: 'net', curves: publishedCurves(resnet, true), steps: [], times: [] }] },
    };
    const lines = accuracyTable(results as unknown as SweepResults, 'net').split('\n');
    expect(lines[0]).toBe('| Sparsity (%) | 89.3 |');
    expect(lines).toContain('| SNIP | 50.00 |');
    expect(lines).toContain('| SNIP (published) | 87.2 ± 0.4 |');
    expect(lines).toContain('Published: NTK-SAP (ICLR 2023) (read off the plot, within 0.3).');
    expect(lines.some((line) => line.startsWith('| NPB'))).toBe(false);
  });
});

describe('the table while a sweep runs', () => {
  it('fits the terminal', () => {
    const states = new Map<RunKey, RunState>([
      [plan.runs[0].key, { kind: 'finished', outcome: runs[0] }],
      [plan.runs[1].key, { kind: 'running', worker: 'cpu', detail: 'epoch 1/2', fraction: 0.5 }],
    ]);
    const stateOf = (key: RunKey) => states.get(key) ?? { kind: 'planned' as const };
    const lines = formatLive({ plan, stateOf, secondsLeft: 90 }, 60, 8);
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines[1]).toMatch(/^ {2}Dense +80\.0$/);
    expect(lines.at(-2)).toMatch(/^cpu: net\+lr=0\.1 {2}snip 90 % {2}seed 0/);
    expect(lines.at(-1)).toBe('1 of 16 runs, about 1 min 30 s left');
  });

  it('leaves out columns evenly', () => {
    expect(spread([1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
    expect(spread([1, 2], 5)).toEqual([1, 2]);
    expect(spread([1, 2, 3], 0)).toEqual([]);
  });
});

describe('pruning in parts', () => {
  it('comes to the sparsity in rounds of the rate', () => {
    expect(roundsBefore(0.2, 0.2)).toEqual([]);
    expect(roundsBefore(0.2, 0.488).map((sparsity) => sparsity.toFixed(3))).toEqual(['0.200', '0.360']);
    expect(roundsBefore(0.5, 0.9)).toEqual([0.5, 0.75, 0.875]);
  });

  it('scores once for what is the same', async () => {
    const cache = createScoreCache();
    let count = 0;
    const score = async () => ({ scores: new Map([['w', new Float32Array([++count])]]) });
    const first = await cache.get('a', score);
    expect(await cache.get('a', score)).toBe(first);
    expect((await cache.get('b', score)).saliency.scores.get('w')).toEqual(new Float32Array([2]));
  });
});
