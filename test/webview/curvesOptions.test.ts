/** What can be chosen of the curves: their places, outliers, groups, the baseline, and runs held against each other. */
import { describe, expect, it } from 'vitest';
import type { RunMetrics } from '../../server/protocol/results';
import { drawingOf, drawnTable, runsWithoutPlace } from '../../webview/curves/drawing';
import { planeCsv } from '../../webview/curves/exports';
import { groupColumn, groupsOf, withGroups } from '../../webview/curves/groups';
import { tableOf } from '../../webview/curves/metricsTable';
import { keptOptions } from '../../webview/curves/options';
import { rangeWithoutOutliers } from '../../webview/curves/outliers';
import { parallelLayout, pathOf } from '../../webview/curves/parallel';
import { meanPlaces, placesOf, relaid } from '../../webview/curves/places';
import { colorGroups, dimensionOf, dimensionsOf, keptPlane, planeRows } from '../../webview/curves/plane';
import { scatterChart } from '../../webview/curves/scatterChart';
import { drawnColors, keptOf, readRuns, toBaselineText, unreadRuns } from '../../webview/curves/selectors';
import { type CurvesEvent, type CurvesPage, firstState, reduce, shownRuns } from '../../webview/curves/state';
import { nearestPoint } from '../../webview/shared/chart/nearest';
import { createSharedView } from '../../webview/shared/chart/sharedView';
import type { Palette } from '../../webview/shared/theme';
import { manyRows, row } from './support/runRows';
import { metricsOf, RUNS } from './support/runs';

const PALETTE = { series: ['#111111', '#222222', '#333333'], foreground: '#ffffff' } as unknown as Palette;
const stateAfter = (events: readonly CurvesEvent[], from: CurvesPage = firstState({})) => events.reduce(reduce, from);
const known = stateAfter([
  { kind: 'runsListed', runs: RUNS },
  { kind: 'metricsRead', metrics: RUNS.map(({ run }) => metricsOf(run)) },
]);
const choose = (options: Partial<CurvesPage['options']>, from = known) => reduce(from, { kind: 'optionsSet', options });

describe('a range without outliers', () => {
  it('leaves out single values at either end, and nothing of what is even', () => {
    const values = Array.from({ length: 200 }, (_, at) => 1 + at / 200);
    const [low, high] = rangeWithoutOutliers([...values, 1e6, -1e6]);
    expect(low).toBeGreaterThan(0.9);
    expect(high).toBeLessThan(2.1);
    const [least, most] = rangeWithoutOutliers([1, 2, 3]);
    expect(least).toBeCloseTo(0.9);
    expect(most).toBeCloseTo(3.1);
  });

  it('is positive on a logarithmic axis, and there for equal values and for none', () => {
    const [low, high] = rangeWithoutOutliers([0, -1, 0.01, 1, Number.NaN], true);
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(0.01);
    expect(high).toBeGreaterThan(1);
    expect(rangeWithoutOutliers([2, 2, 2])[1]).toBeGreaterThan(2);
    expect(rangeWithoutOutliers([])).toEqual([0, 1]);
  });
});

describe('places of values', () => {
  const metrics: RunMetrics = {
    run: '/a',
    epochSeconds: [10, 20],
    epochs: [1, 2].map((epoch) => ({ epoch, trainLoss: epoch, testLoss: 2 * epoch })),
    steps: [
      { epoch: 1, step: 5, loss: 1 },
      { epoch: 1, step: 10, loss: 2 },
      { epoch: 2, step: 5, loss: 3 },
    ],
  };

  it('are epochs, steps, or seconds since the run began', () => {
    expect(placesOf('epoch', metrics)!(1.5)).toBe(1.5);
    expect(placesOf('step', metrics)!(1.5)).toBe(15);
    expect(placesOf('step', metrics, 40)!(1.5)).toBe(60);
    const time = placesOf('time', metrics)!;
    expect([0, 1, 1.5, 2, 2.1].map(time)).toEqual([0, 10, 20, 30, undefined]);
    expect(placesOf('time', { ...metrics, epochSeconds: undefined })).toBeUndefined();
    expect(placesOf('step', { ...metrics, steps: [] })).toBeUndefined();
  });

  it('of several runs have a mean', () => {
    const mean = meanPlaces([
      placesOf('time', metrics),
      placesOf('time', { ...metrics, epochSeconds: [30, 40] }),
      undefined,
    ])!;
    expect(mean(1)).toBe(20);
    expect(meanPlaces([undefined])).toBeUndefined();
  });

  it('lay a table out anew, in order, without what has no place', () => {
    const table = tableOf([metrics, { ...metrics, run: '/b' }]);
    const columns = ['testLoss /a', 'stepLoss /a', 'testLoss /b'];
    const laid = relaid(table, columns, (column) => (column.endsWith('/b') ? undefined : placesOf('time', metrics)));
    expect(laid.places).toEqual([5, 10, 20, 30]);
    expect(laid.columns.get('testLoss /a')).toEqual([null, 2, null, 4]);
    expect(laid.columns.get('stepLoss /a')).toEqual([1, 2, 3, null]);
    expect(laid.columns.get('testLoss /b')).toEqual([null, null, null, null]);
  });
});

describe('groups of runs', () => {
  const seeds = [1, 2, 3].map((seed) => ({
    summary: { ...RUNS[1], run: `/seed-${seed}`, seed },
    metrics: {
      run: `/seed-${seed}`,
      steps: [],
      epochs: [1, 2]
        .slice(0, seed === 3 ? 1 : 2)
        .map((epoch) => ({ epoch, trainLoss: 1, testLoss: seed * epoch, testAccuracy: 0.5 })),
    },
  }));

  it('have what differs in the seed alone, or the method', () => {
    const other = { ...seeds[0], summary: { ...seeds[0].summary, run: '/other', sparsity: 0.5 } };
    expect(groupsOf([...seeds, other], 'seed').map(({ title }) => title)).toEqual([
      'prospr · 98 % (3)',
      'prospr · 50 % (1)',
    ]);
    expect(groupsOf([...seeds, other], 'method').map(({ runs }) => runs.length)).toEqual([4]);
    const dense = { ...seeds[0], summary: RUNS[0] };
    expect(groupsOf([dense], 'seed')[0].title).toBe('Dense (1)');
  });

  it('are drawn as the mean of those that have a value, with the deviation of the sample', () => {
    const [group] = groupsOf(seeds, 'seed');
    const table = withGroups(tableOf(seeds.map(({ metrics }) => metrics)), [group], ['testLoss']);
    const column = (part: 'mean' | 'upper' | 'lower') => table.columns.get(groupColumn(group.key, 'testLoss', part));
    expect(column('mean')).toEqual([2, 3]);
    expect(column('upper')).toEqual([3, 3 + Math.SQRT2]);
    expect(column('lower')).toEqual([1, 3 - Math.SQRT2]);
  });

  it('have a band between their edges, and the baseline a line of its own', () => {
    const grouped = reduce(choose({ grouping: 'method' }), { kind: 'baselinePinned', run: RUNS[0].run });
    const drawing = drawingOf(grouped, PALETTE);
    const [loss] = drawing.charts;
    expect(drawing.groups.map(({ title }) => title)).toEqual(['prospr (2)', 'snip (1)']);
    expect(loss.bands).toHaveLength(4);
    for (const { upper, lower } of loss.bands!) {
      expect([loss.series[upper].edge, loss.series[lower].edge]).toEqual([true, true]);
      expect(loss.series[upper - 1].edge).toBeUndefined();
    }
    const owners = new Set(loss.series.map(({ owner }) => owner));
    expect(owners).toEqual(new Set(['prospr', 'snip', RUNS[0].run]));
    const table = drawnTable(grouped, drawing);
    for (const { column } of loss.series) expect(table.columns.has(column), column).toBe(true);
  });
});

describe('the options of curves', () => {
  it('are kept, and what is not offered is as at first', () => {
    expect(keptOf(choose({ axis: 'time' })).options).toMatchObject({ axis: 'time', smoothing: 0.9 });
    expect(keptOptions({ axis: 'parsec' as 'time', smoothing: 7 })).toMatchObject({ axis: 'epoch', smoothing: 0.99 });
    expect(firstState({ options: keptOptions({ splits: 'test' }) }).options.splits).toBe('test');
  });

  it('leave the curves of training or of the test', () => {
    const labels = (splits: 'train' | 'test') =>
      drawingOf(choose({ splits }), PALETTE).charts.flatMap(({ series }) => series.map(({ label }) => label));
    expect(labels('test').every((label) => label.endsWith(': test'))).toBe(true);
    expect(labels('train').length).toBeGreaterThan(0);
    expect(labels('train').some((label) => label.endsWith(': test'))).toBe(false);
  });

  it('draw over the axis that was chosen, without runs that do not tell it', () => {
    const timed = choose({ axis: 'time', splits: 'test' });
    const table = drawnTable(timed, drawingOf(timed, PALETTE));
    expect(table.columns.get(`testLoss ${RUNS[0].run}`)?.[table.places.indexOf(300)]).toBe(
      metricsOf(RUNS[0].run).epochs[9].testLoss,
    );
    expect(runsWithoutPlace(timed)).toEqual(['lenet-snip-98', 'lenet-prospr-99']);
    const stepped = choose({ axis: 'step' });
    expect(drawnTable(stepped, drawingOf(stepped, PALETTE)).places.at(-1)).toBe(2000);
    expect(runsWithoutPlace(stepped)).toEqual([]);
  });

  it('keep the baseline on the screen, in the color of text', () => {
    const pinned = reduce(known, { kind: 'baselinePinned', run: RUNS[0].run });
    const off = reduce(pinned, { kind: 'runToggled', run: RUNS[0].run, isOn: false });
    expect(shownRuns(off).map(({ run }) => run)).toContain(RUNS[0].run);
    expect(drawnColors(off, PALETTE).get(RUNS[0].run)).toBe(PALETTE.foreground);
    expect(readRuns(off)).toHaveLength(RUNS.length);
    expect(toBaselineText(RUNS[1], RUNS[0])).toBe('−1.20 pp');
    expect(toBaselineText(RUNS[0], RUNS[0])).toBe('');
    const none = reduce(off, { kind: 'baselinePinned', run: undefined });
    expect(shownRuns(none).map(({ run }) => run)).not.toContain(RUNS[0].run);
    expect(unreadRuns(firstState({ options: keptOptions({ baseline: '/gone' }) }))).toEqual([]);
  });
});

describe('charts that are looked at together', () => {
  it('hear of each other, and of what was shown before they came', () => {
    const shared = createSharedView();
    const told: string[] = [];
    const member = (name: string) => ({
      showCursor: (x: number | undefined) => void told.push(`${name} cursor ${x}`),
      showPart: (part: readonly number[] | undefined) => void told.push(`${name} part ${part}`),
    });
    const [a, b] = [member('a'), member('b')];
    shared.join(a);
    const leave = shared.join(b);
    shared.tellCursor(a, 3);
    shared.tellPart(b, [1, 2]);
    shared.join(member('late'));
    leave();
    shared.tellPart(a, undefined);
    expect(told).toEqual(['b cursor 3', 'a part 1,2', 'late part 1,2', 'late part undefined']);
  });
});

describe('runs held against each other', () => {
  const rows = manyRows(50);
  const dimension = (key: string) => dimensionOf(dimensionsOf(rows), key)!;

  it('are all, those of the curves, or those of a comparison, without archived ones', () => {
    const held = (runs: string) => planeRows(keptPlane({ runs }), rows, [rows[1].run]);
    expect(held('all')).toHaveLength(49);
    expect(held('shown').map(({ run }) => run)).toEqual([rows[1].run]);
    expect(held('compare-lenet').every(({ group }) => group === 'compare-lenet')).toBe(true);
    expect(planeCsv({ plane: keptPlane(), rows, shown: [] }).split('\r\n')).toHaveLength(51);
  });

  it('have any metric, any setting, and nothing that no run has', () => {
    const keys = dimensionsOf([row('a', { testAccuracy: 0.5 })]).map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(['sparsity', 'learningRate', 'final', 'testAccuracy']));
    expect(keys).not.toContain('macs');
  });

  it('are points over numbers and over words', () => {
    const {
      options,
      data,
      rows: drawn,
    } = scatterChart({
      rows,
      x: dimension('method'),
      y: dimension('final'),
      color: dimension('sparsity'),
      colors: PALETTE.series,
    });
    expect(options.x.marks).toEqual([0, 1, 2, 3, 4]);
    expect(options.x.format(0)).toBe('dense');
    expect(drawn).toHaveLength(50);
    const points = data.slice(1).flatMap((values) => values.filter((value) => value !== null));
    expect(points).toHaveLength(50);
    expect(colorGroups(dimension('sparsity'), rows).map(({ title }) => title)[0]).toBe('0 %');
  });

  it('are read by the nearest point that is shown', () => {
    const screen = { left: 10, top: 10, xOf: (x: number) => x, yOf: (y: number) => y };
    const data = [
      [0, 8, 13],
      [null, 9, null],
      [null, null, 11],
    ];
    expect(nearestPoint(data, () => true, screen)).toBe(1);
    expect(nearestPoint(data, (series) => series === 1, screen)).toBe(2);
    expect(nearestPoint(data, () => true, { ...screen, left: 90 })).toBeUndefined();
  });

  it('are lines over parallel axes, broken where a run has nothing', () => {
    const some = [
      { ...row('a', { final: 0.5, macs: 10 }), color: '#111111' },
      { ...row('b', { final: 1, method: 'prospr' }), color: '#222222' },
    ];
    const axes = ['method', 'macs', 'final'].map((key) => dimensionOf(dimensionsOf(some), key)!);
    const { lines, axes: drawn } = parallelLayout(some, axes, { width: 600, height: 200 });
    expect(drawn[0].marks.map(({ label }) => label)).toEqual(['prospr', 'snip']);
    const [a, b] = lines;
    expect(a.points[2]![1]).toBeGreaterThan(b.points[2]![1]);
    expect(b.points[1]).toBeUndefined();
    expect(pathOf(a.points).match(/M/g)).toHaveLength(1);
    expect(pathOf(b.points).match(/M/g)).toHaveLength(2);
    expect(pathOf(b.points)).not.toContain('L');
  });

  it('have axes with round numbers between their ends', () => {
    const some = [
      { ...row('a', { sparsity: 0, seed: 0, learningRate: 0.1 }), color: '#000' },
      { ...row('b', { sparsity: 0.995, seed: 2, learningRate: 0.1 }), color: '#000' },
    ];
    const axes = ['sparsity', 'seed', 'learningRate'].map((key) => dimensionOf(dimensionsOf(some), key)!);
    const { axes: drawn } = parallelLayout(some, axes, { width: 600, height: 200 });
    expect(drawn.map(({ marks }) => marks.map(({ label }) => label))).toEqual([
      ['0 %', '25 %', '50 %', '75 %', '99.5 %'],
      ['0', '1', '2'],
      ['0.1'],
    ]);
  });
});
