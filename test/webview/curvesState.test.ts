/** The curves' state: how events change it, and what follows from it. */
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../server/protocol/results';
import { comparisonCsv, epochColumns, runsCsv } from '../../webview/curves/exports';
import { maskCharts } from '../../webview/curves/maskCurves';
import { chartData, columnName, tableOf } from '../../webview/curves/metricsTable';
import { runCharts } from '../../webview/curves/runCurves';
import { keptOf, reachedText, readRuns, runColors, shownComparison, unreadRuns } from '../../webview/curves/selectors';
import { type CurvesEvent, type CurvesPage, firstState, reduce, shownRuns } from '../../webview/curves/state';
import { PLAIN_COLORS, SERIES_COLORS } from '../../webview/shared/seriesColors';
import { COMPARISON, LIVE, MANY_METHODS, metricsOf, RUNS } from './support/runs';

const stateAfter = (events: readonly CurvesEvent[], from: CurvesPage = firstState({})) => events.reduce(reduce, from);
const listed: CurvesEvent = { kind: 'runsListed', runs: RUNS };
const read: CurvesEvent = { kind: 'metricsRead', metrics: RUNS.map(({ run }) => metricsOf(run)) };
const names = (page: CurvesPage) => shownRuns(page).map(({ label }) => label);
const epoch = (values: object) => ({ epoch: 1, ...values }) as ReturnType<typeof metricsOf>['epochs'][number];

describe('the shown runs', () => {
  it('are the newest four and all that run, until somebody chooses', () => {
    const old = { ...RUNS[0], run: '/old', label: 'old', started: '2024-01-01T00:00:00Z' };
    const page = stateAfter([{ kind: 'runsListed', runs: [old, ...RUNS] }]);
    expect(names(page)).toEqual(RUNS.map(({ label }) => label));
    expect(keptOf(page)).not.toHaveProperty('runs');
    const chosen = stateAfter([{ kind: 'runsChosen', runs: ['/old'] }], page);
    expect(names(chosen)).toEqual(['old']);
    expect(names(reduce(chosen, { kind: 'runsListed', runs: [old, ...RUNS] }))).toEqual(['old', 'lenet-prospr-99']);
    expect(keptOf(chosen)).toMatchObject({ runs: ['/old'] });
  });

  it('are read once, and again where they have grown unheard', () => {
    const page = stateAfter([listed]);
    expect(unreadRuns(page)).toEqual(RUNS.map(({ run }) => run));
    const known = reduce(page, read);
    expect(unreadRuns(known)).toEqual([]);
    const grown = RUNS.map((run) => (run.label === 'lenet-snip-98' ? { ...run, finishedEpochs: 12 } : run));
    expect(unreadRuns(reduce(known, { kind: 'runsListed', runs: grown }))).toEqual([RUNS[2].run]);
  });

  it('keep their colors whatever else is shown or begins, and have different ones', () => {
    const page = stateAfter([listed, read]);
    const colors = SERIES_COLORS.dark;
    const before = runColors(page, colors);
    expect(new Set(before.values()).size).toBe(RUNS.length);
    const without = reduce(page, { kind: 'runToggled', run: RUNS[0].run, isOn: false });
    const more = [{ ...RUNS[0], run: '/runs/later', started: '2026-05-01T10:00:00Z' }, ...RUNS];
    const later = reduce(without, { kind: 'runsListed', runs: more });
    for (const [run, color] of runColors(later, colors)) expect(before.get(run)).toBe(color);
  });

  it('have different colors however many others there are that are not shown', () => {
    const many = Array.from({ length: 60 }, (_, at) => ({
      ...RUNS[0],
      run: `/runs/run-${at}`,
      started: `2026-03-01T10:${at % 60}:00Z`,
    }));
    const page = stateAfter([{ kind: 'runsListed', runs: many }]);
    for (const first of [0, 7, 33]) {
      const runs = many.slice(first, first + 16).map(({ run }) => run);
      const colors = runColors(reduce(page, { kind: 'runsChosen', runs }), SERIES_COLORS.dark);
      expect(new Set(colors.values()).size).toBe(16);
    }
    const shown = runColors(page, SERIES_COLORS.dark);
    const more = reduce(page, { kind: 'runToggled', run: many[0].run, isOn: true });
    const colors = runColors(more, SERIES_COLORS.dark);
    expect(new Set(colors.values()).size).toBe(5);
    for (const [run, color] of shown) expect(colors.get(run)).toBe(color);
  });

  it('keep a color that another one had first when that is deleted, and over a reload', () => {
    // More runs than colors, so that many have another color than their folder names.
    const many = Array.from({ length: 20 }, (_, at) => ({
      ...RUNS[0],
      run: `/runs/run-${at}`,
      started: `2026-03-01T10:${at + 10}:00Z`,
    }));
    const chosen = { kind: 'runsChosen', runs: many.map(({ run }) => run) } as const;
    const page = stateAfter([chosen, { kind: 'runsListed', runs: many }]);
    const before = runColors(page, SERIES_COLORS.dark);
    expect(new Set([...before.values()].slice(0, 16)).size).toBe(16);
    // The first of them those that are told apart best.
    expect(new Set([...before.values()].slice(0, PLAIN_COLORS))).toEqual(
      new Set(SERIES_COLORS.dark.slice(0, PLAIN_COLORS)),
    );
    const remaining: CurvesEvent = { kind: 'runsListed', runs: many.slice(10) };
    const reloaded = stateAfter([remaining], firstState(keptOf(page)));
    for (const later of [reduce(page, remaining), reloaded]) {
      const colors = runColors(later, SERIES_COLORS.dark);
      expect(colors.size).toBe(10);
      for (const [run, color] of colors) expect(before.get(run)).toBe(color);
    }
  });

  it('that somebody has switched off stay so while they run', () => {
    const off = reduce(stateAfter([listed, read]), { kind: 'runToggled', run: LIVE, isOn: false });
    expect(reduce(off, listed).shown).not.toContain(LIVE);
  });

  it('have their curves only while they are shown', () => {
    const page = stateAfter([listed, read]);
    const column = columnName(RUNS[0].run, 'testAccuracy');
    expect(page.table.columns.has(column)).toBe(true);
    const hidden = reduce(page, { kind: 'runToggled', run: RUNS[0].run, isOn: false });
    expect(hidden.table.columns.has(column)).toBe(false);
  });
});

describe('a run on its way', () => {
  const page = stateAfter([listed, read]);
  const step = {
    run: LIVE,
    epoch: 4,
    step: 5,
    steps: 100,
    loss: 0.7,
    accuracy: 0.8,
    stepLosses: [{ step: 5, loss: 0.5, accuracy: 0.625 }],
  };
  const end = { run: LIVE, epoch: 4, loss: 0.4, accuracy: 0.85, testLoss: 0.45, testAccuracy: 0.83, testMeanIoU: 0.5 };

  it('grows by steps and epochs, and leaves the state before as it was', () => {
    const places = [...page.table.places];
    const next = reduce(page, { kind: 'grown', news: [step, end] });
    expect(page.table.places).toEqual(places);
    const known = next.metrics.get(LIVE)!;
    expect(known.steps.at(-1)).toEqual({ epoch: 4, step: 5, loss: 0.5, accuracy: 0.625 });
    expect(known.epochs.at(-1)).toEqual({
      epoch: 4,
      trainLoss: 0.4,
      trainAccuracy: 0.85,
      testLoss: 0.45,
      testAccuracy: 0.83,
      testMeanIoU: 0.5,
    });
    const columns = (['stepLoss', 'stepAccuracy', 'trainLoss', 'testMeanIoU'] as const).map((curve) =>
      columnName(LIVE, curve),
    );
    const readAgain = tableOf(
      readRuns(next).map(({ metrics }) => metrics),
      next.epochSteps,
    );
    const points = (table: typeof readAgain) =>
      chartData(table, columns).map((values, at) => (at === 0 ? [] : values.filter((value) => value !== null)));
    expect(points(next.table)).toEqual(points(readAgain));
  });

  it('shows what a step had, not the mean so far, and keeps it after its end', () => {
    const column = columnName(LIVE, 'stepAccuracy');
    const next = reduce(page, { kind: 'grown', news: [step, end] });
    const drawn = (of: CurvesPage) => of.table.columns.get(column)?.filter((value) => value !== null);
    expect(drawn(next)).toEqual([0.625]);
    const labels = (of: CurvesPage) =>
      runCharts(readRuns(of), { colors: runColors(of, ['#000000']), splits: 'both' }).map(({ series }) =>
        series.map(({ label }) => label).filter((label) => label.startsWith('lenet-prospr-99: ')),
      );
    const finished = RUNS.map((run) => (run.run === LIVE ? { ...run, state: 'finished', finishedEpochs: 4 } : run));
    const over = reduce(next, { kind: 'runsListed', runs: finished as typeof RUNS });
    expect(labels(over)).toEqual(labels(next));
    expect(labels(over)[1]).toContain('lenet-prospr-99: steps, smoothed');
    expect(drawn(over)).toEqual([0.625]);
  });

  it('tells of the changes of its masks as each epoch ends', () => {
    const changes = [1, 2].map((epoch) => ({ epoch, step: 10 * epoch, kept: 100 - epoch, dropped: 6, grown: 5 }));
    const summary = RUNS.find(({ run }) => run === LIVE)!;
    const known = { kind: 'metricsRead', metrics: [{ ...metricsOf(LIVE), maskChanges: changes.slice(0, 1) }] } as const;
    const news = { run: LIVE, epoch: 2, loss: 1, testLoss: 1, maskChanges: changes.slice(1) };
    const grown = reduce(stateAfter([listed, read, known]), { kind: 'grown', news: [news] });
    expect(grown.metrics.get(LIVE)?.maskChanges).toEqual(changes);
    const charts = (of: CurvesPage) => maskCharts(readRuns(of), runColors(of, SERIES_COLORS.dark));
    expect(charts(grown).map(({ title, series }) => [title, series.map(({ label }) => label)])).toEqual([
      ['Weights replaced at a change of the mask', [summary.label]],
      ['Weights kept', [summary.label]],
    ]);
    // What stays the same has no chart, and masks that stay have none at all.
    expect(charts(stateAfter([listed, read, known]))).toHaveLength(1);
    expect(charts(page)).toEqual([]);
  });

  it('is not followed while it is not shown', () => {
    const hidden = reduce(page, { kind: 'runToggled', run: LIVE, isOn: false });
    expect(reduce(hidden, { kind: 'grown', news: [step] })).toBe(hidden);
  });
});

describe('metrics', () => {
  const summary: RunSummary = { ...RUNS[0], testAccuracy: undefined };

  it('get a chart each where they are plain numbers, and one together where they are fractions', () => {
    const metrics = { ...metricsOf(RUNS[0].run), epochs: [epoch({ trainLoss: 1, testLoss: 2, testMeanIoU: 0.5 })] };
    const charts = runCharts([{ summary, metrics }], { colors: new Map([[summary.run, '#000000']]), splits: 'both' });
    expect(charts.map(({ title, series }) => [title, series.map(({ label }) => label.split(': ')[1])])).toEqual([
      ['Loss', ['each step', 'steps, smoothed', 'training', 'test']],
      ['Mean IoU', ['test']],
    ]);
  });

  it('stand beside the accuracy of a segmentation under their own names', () => {
    const values = { trainLoss: 1, testLoss: 2, trainAccuracy: 0.5, testAccuracy: 0.5, testMeanIoU: 0.4 };
    const metrics = { ...metricsOf(RUNS[0].run), epochs: [epoch(values)] };
    const charts = runCharts([{ summary, metrics }], { colors: new Map([[summary.run, '#000000']]), splits: 'both' });
    expect(charts[1].series.map(({ label }) => label.split(': ')[1])).toEqual(['training', 'test', 'test mean IoU']);
    expect(epochColumns([{ summary, metrics }]).map(({ title }) => title)).toEqual([
      'Run',
      'Epoch',
      'Training loss',
      'Training accuracy',
      'Test loss',
      'Test accuracy',
      'Test mean IoU',
    ]);
    expect(runsCsv([{ summary, metrics }]).split('\r\n')[0]).toBe(
      'run,method,sparsity,seed,epoch,step,trainLoss,trainAccuracy,testLoss,testAccuracy,testMeanIoU',
    );
  });

  it('say what a run has reached', () => {
    expect(reachedText(RUNS[0])).toBe('Epoch 20 of 20 · 98.40 %');
    expect(reachedText({ ...summary, testMeanIoU: 0.7 })).toBe('Epoch 20 of 20 · mean IoU 70.00 %');
    expect(reachedText({ ...RUNS[0], testPerplexity: 12.5 })).toBe('Epoch 20 of 20 · perplexity 12.5');
    expect(reachedText(summary)).toBe('Epoch 20 of 20');
  });
});

describe('comparisons', () => {
  it('are shown as they were chosen, and else the last one', () => {
    const page = stateAfter([{ kind: 'comparisonsTold', comparisons: [MANY_METHODS, COMPARISON] }]);
    expect(shownComparison(page)).toMatchObject({ model: 'lenet', metric: 'testAccuracy', metrics: ['testAccuracy'] });
    expect(shownComparison(page)?.comparison).toBe(COMPARISON);
    const opened = reduce(page, { kind: 'comparisonOpened', folder: MANY_METHODS.folder });
    expect(opened.tab).toBe('comparison');
    expect(shownComparison(opened)?.points[0].method).toBe('method-16');
    expect(shownComparison(firstState({}))).toBeUndefined();
    const again = { kind: 'comparisonsTold', comparisons: structuredClone(page.comparisons) } as const;
    expect(reduce(page, again)).toBe(page);
  });

  it('that have no rows yet are not said to be of accuracies', () => {
    const page = stateAfter([{ kind: 'comparisonsTold', comparisons: [{ ...COMPARISON, rows: [] }] }]);
    const shown = shownComparison(page)!;
    expect([shown.metric, shown.metrics, shown.points]).toEqual([undefined, [], []]);
    expect(comparisonCsv(shown.points, shown.metric)).not.toMatch(/accuracy/i);
  });

  it('fall back to a metric that the rows have', () => {
    const rows = COMPARISON.rows.map((row) => ({ ...row, testMeanIoU: 0.5 }));
    const page = stateAfter([
      { kind: 'comparisonsTold', comparisons: [COMPARISON, { ...COMPARISON, folder: '/cells', rows }] },
      { kind: 'metricChosen', metric: 'testMeanIoU' },
    ]);
    expect(shownComparison(page)?.metric).toBe('testMeanIoU');
    const other = reduce(page, { kind: 'comparisonChosen', folder: COMPARISON.folder });
    expect(shownComparison(other)?.metric).toBe('testAccuracy');
  });
});
