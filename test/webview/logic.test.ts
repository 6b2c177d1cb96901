/** What the pages compute, without a browser. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSparsity } from '../../client/input';
import { placeOf, scoreAt } from '../../server/protocol/histogram';
import type { Tile } from '../../server/protocol/results';
import { epochColumns, runsCsv } from '../../webview/curves/exports';
import { addNews, addValue, chartData, columnName, emptyTable, tableOf } from '../../webview/curves/metricsTable';
import { runCharts } from '../../webview/curves/runCurves';
import { reachedText } from '../../webview/curves/selectors';
import { smoothed } from '../../webview/curves/smoothing';
import { accuracyPoints, metricsOf } from '../../webview/curves/statistics';
import { bytesOf, cellsOf } from '../../webview/heatmap/colors';
import { axisNames, gradientNormsData, gradientRow } from '../../webview/heatmap/gradientNormsData';
import { besideAxis, histogramData } from '../../webview/heatmap/histogramData';
import { placeText } from '../../webview/heatmap/readout';
import { cellAt, fitting, pan, wholeOf, zoom } from '../../webview/heatmap/viewport';
import { metricsOf as metricsOfReport, testTitle } from '../../webview/report/metrics';
import { curvesOverSparsity, overSparsity } from '../../webview/shared/chart/overSparsity';
import { csvOf } from '../../webview/shared/csv';
import { coefficient, decimal, duration, elapsed, fixedPercent, percent, spread } from '../../webview/shared/format';
import { HIGHEST_SPARSITY, LOWEST_SPARSITY, SLIDER_STEPS, sparsityAt, stepOf } from '../../webview/shared/sparsity';
import { RUNS } from './support/runs';

const extents = fc.record({ rows: fc.integer({ min: 1, max: 5000 }), columns: fc.integer({ min: 1, max: 5000 }) });
const moves = fc.array(
  fc.record({
    factor: fc.constantFrom(1.6, 1 / 1.6, 1.35, 1 / 1.35),
    x: fc.double({ min: 0, max: 1, noNaN: true }),
    y: fc.double({ min: 0, max: 1, noNaN: true }),
    rows: fc.integer({ min: -300, max: 300 }),
    columns: fc.integer({ min: -300, max: 300 }),
  }),
  { maxLength: 30 },
);

describe('viewport', () => {
  it('stays within the matrix whatever is done', () => {
    fc.assert(
      fc.property(extents, moves, (all, steps) => {
        let view = wholeOf(all);
        for (const { factor, x, y, rows, columns } of steps) {
          view = pan(zoom(view, all, factor, x, y), all, rows, columns);
          expect(fitting(view, all)).toBe(view);
          expect(Object.values(view).every(Number.isInteger)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('comes down to single weights and back', () => {
    const all = { rows: 1536, columns: 1536 };
    let view = wholeOf(all);
    for (let at = 0; at < 20; at++) view = zoom(view, all, 1.6);
    expect([view.rows, view.columns]).toEqual([4, 4]);
    for (let at = 0; at < 20; at++) view = zoom(view, all, 1 / 1.6);
    expect(view).toEqual(wholeOf(all));
  });

  it('divides what is shown into cells without gaps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), (rows, cells) => {
        const height = Math.min(rows, cells);
        const view = { row: 7, column: 0, rows, columns: 1 };
        let next = 7;
        for (let cell = 0; cell < height; cell++) {
          const found = cellAt(view, height, 1, (cell + 0.5) / height, 0.5);
          expect(found.row).toBe(next);
          expect(found.rows).toBeGreaterThan(0);
          next += found.rows;
        }
        expect(next).toBe(7 + rows);
      }),
      { numRuns: 40 },
    );
  });
});

describe('slider', () => {
  it('has the range of what can be typed, and finds back from any place', () => {
    expect([sparsityAt(0), sparsityAt(SLIDER_STEPS)]).toEqual([LOWEST_SPARSITY, HIGHEST_SPARSITY]);
    for (const sparsity of [0, 0.3, 0.5, 0.8, 0.9, 0.98, 0.995, 0.999, 0.9999]) {
      expect(sparsityAt(stepOf(sparsity))).toBeCloseTo(sparsity, 2);
    }
    const typed = [LOWEST_SPARSITY, HIGHEST_SPARSITY].map((sparsity) => parseSparsity(`${100 * sparsity} %`));
    expect(typed).toEqual([{ value: sparsityAt(0) }, { value: sparsityAt(SLIDER_STEPS) }]);
    expect(parseSparsity('99.995')).toHaveProperty('problem');
  });
});

describe('curves', () => {
  it('keeps places in order and columns as long as places', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom('a', 'b'))), (points) => {
        const table = emptyTable();
        points.forEach(([place, column], value) => {
          addValue(table, column, place, value);
        });
        expect(table.places).toEqual([...new Set(points.map(([place]) => place))].sort((a, b) => a - b));
        points.forEach(([place, column], value) => {
          const last = points.findLastIndex(([p, c]) => p === place && c === column);
          if (last === value) expect(table.columns.get(column)![table.places.indexOf(place)]).toBe(value);
        });
        for (const values of table.columns.values()) expect(values).toHaveLength(table.places.length);
      }),
    );
  });

  it('puts what a job tells where a later reading of the run puts it', () => {
    const line = { epoch: 1, trainLoss: 2, trainAccuracy: 0.5, testLoss: 3, testAccuracy: 0.4, testMeanIoU: 0.3 };
    const steps = [1, 2].map((step) => ({ epoch: 1, step, loss: 5 - step, accuracy: step / 8 }));
    const read = tableOf([{ run: 'r', epochs: [line], steps }]);
    const told = emptyTable();
    // Every report has the mean so far besides, which is on no curve of single steps.
    for (const { epoch, ...step } of steps) {
      addNews(told, { run: 'r', epoch, step: step.step, steps: 2, loss: 9, accuracy: 0.1, stepLosses: [step] });
    }
    addNews(told, { run: 'r', epoch: 1, loss: 2, accuracy: 0.5, testLoss: 3, testAccuracy: 0.4, testMeanIoU: 0.3 });
    const kept = ['stepLoss', 'stepAccuracy', 'trainLoss', 'testLoss', 'trainAccuracy', 'testAccuracy'] as const;
    const curves = [...kept, 'testMeanIoU'] as const;
    const columns = curves.map((curve) => columnName('r', curve));
    expect(chartData(told, columns)).toEqual(chartData(read, columns));
    expect(read.places).toEqual([0.5, 1]);
  });

  it('puts changes of masks where a later reading of the run puts them', () => {
    const change = { epoch: 2, kept: 40, dropped: 5, grown: 10 };
    const maskChanges = [3, 4].map((step) => ({ ...change, step }));
    const steps = [{ epoch: 1, step: 2, loss: 1 }];
    const read = tableOf([{ run: 'r', epochs: [], steps, maskChanges }]);
    const told = tableOf([{ run: 'r', epochs: [], steps }]);
    addNews(told, { run: 'r', epoch: 2, loss: 2, maskChanges }, 2);
    const columns = (['maskReplaced', 'maskKept'] as const).map((curve) => columnName('r', curve));
    const places = [1, 1.5, 2];
    expect(chartData(read, columns)).toEqual([places, [null, 0.25, 0.25], [null, 40, 40]]);
    expect(chartData(told, columns)).toEqual(chartData(read, columns));
    // The length of epochs is not known yet: no change lies outside of its own one.
    expect(tableOf([{ run: 'r', epochs: [], steps: [], maskChanges }]).places).toEqual([2]);
  });

  it('smooths values without a pull to zero, over gaps', () => {
    expect(smoothed([4, null, 4, 4])).toEqual([4, null, 4, 4]);
    const line = smoothed([1, 0, null, 0, 0]);
    expect(line[0]).toBe(1);
    expect(line[1]).toBeCloseTo(0.9 / 1.9, 12);
    expect(line[2]).toBeNull();
    expect(line[4]!).toBeLessThan(line[3]!);
    expect(smoothed([])).toEqual([]);
  });

  it('takes mean and sample deviation over the seeds', () => {
    const row = (method: string, sparsity: number, seed: number, testAccuracy: number) => ({
      model: 'm',
      method,
      sparsity,
      seed,
      testAccuracy,
    });
    const rows = [
      row('snip', 0.9, 1, 0.8),
      row('snip', 0.9, 2, 0.9),
      row('snip', 0.98, 1, 0.7),
      row('dense', 0, 1, 0.95),
    ];
    const points = accuracyPoints([...rows, { ...rows[0], model: 'other' }], { model: 'm' });
    expect(points.map(({ method, runs }) => [method, runs])).toEqual([
      ['dense', 1],
      ['snip', 2],
      ['snip', 1],
    ]);
    expect(points[1].mean).toBeCloseTo(0.85);
    expect(points[1].deviation).toBeCloseTo(Math.SQRT1_2 * 0.1);
    const curves = curvesOverSparsity(points);
    expect(curves.densities).toEqual([2, 10]);
    expect(curves.methods[0].mean).toEqual([0.95, 0.95]);
    expect(curves.methods[1].mean[0]).toBe(0.7);
    // A legend tells a mean at its sparsity only; the dense network's belongs to all.
    const lineOf = (label: string) => ({ label, color: '#000000', band: '#000000' });
    const { series, data } = overSparsity({ curves, label: 'Sparsity', log: true, room: 1, lineOf });
    const told = (method: string, at?: number) => series.find(({ label }) => label === method)!.valueAt!(at);
    expect(data[0]).toEqual([2, 2, 10, 10]);
    expect([told('dense'), told('dense', 1), told('snip')]).toEqual([0.95, 0.95, undefined]);
    expect([told('snip', 1), told('snip', 2)]).toEqual([0.7, curves.methods[1].mean[1] ?? undefined]);
    const ordered = accuracyPoints(rows, { model: 'm', order: ['snip', 'dense'] });
    expect(ordered.map(({ method }) => method)).toEqual(['snip', 'snip', 'dense']);
    // A run without a mean IoU has no point among those of the metric.
    expect(metricsOf(rows)).toEqual(['testAccuracy']);
    const segmented = [{ ...rows[0], testMeanIoU: 0.4 }, { ...rows[1], testMeanIoU: 0.6 }, rows[2]];
    expect(metricsOf(segmented)).toEqual(['testMeanIoU', 'testAccuracy']);
    expect(accuracyPoints(segmented, { model: 'm', metric: 'testMeanIoU' })).toEqual([
      { method: 'snip', sparsity: 0.9, runs: 2, mean: 0.5, deviation: expect.closeTo(Math.SQRT1_2 * 0.2) },
    ]);
  });
});

describe('heatmap', () => {
  it('unpacks tiles', () => {
    const tile: Tile = { height: 1, width: 3, density: Buffer.from([0, 128, 255]).toString('base64') };
    expect([...cellsOf(tile).density]).toEqual([0, 128, 255]);
    expect(bytesOf('')).toHaveLength(0);
  });

  it('names places by output, input and kernel', () => {
    const cell = (row: number, column: number, rows = 1, columns = 1) => ({ row, column, rows, columns });
    expect(placeText([3, 3, 8, 16], cell(7, 5))).toBe('out 2, in 1, kernel (1, 2)');
    expect(placeText([3, 3, 8, 16], cell(0, 0, 6, 3))).toBe('out 0–1, in 0');
    expect(placeText([784, 300], cell(4, 9, 1, 2))).toBe('out 4, in 9–10');
  });

  it('draws what the mask removes of a histogram above what it keeps', () => {
    const none = { removed: 0, kept: 0 };
    const total = { removed: 4, kept: 9 };
    const counts = { removed: [1, 2, 1, 0], kept: [0, 2, 3, 4], total, zeros: none, removedEarlier: 0 };
    const histogram = { axis: 'logarithmic', unit: 1, low: -4, high: 0, ...counts } as const;
    expect(histogramData(histogram, { log: false })).toEqual([
      [-3.5, -2.5, -1.5, -0.5],
      [1, 4, 4, null],
      [null, 2, 3, 4],
    ]);
    expect(histogramData(histogram, { log: false, showsKept: false })[1]).toEqual([1, 2, 1, null]);
    const signed = { ...histogram, axis: 'signed', unit: 0.01 } as const;
    expect(placeOf(histogram, -1)).toBeUndefined();
    for (const score of [-3, 0, 0.002]) expect(scoreAt(signed, placeOf(signed, score)!)).toBeCloseTo(score, 12);
    expect(besideAxis({ ...histogram, zeros: { removed: 5, kept: 1 }, removedEarlier: 7 }, String)).toBe(
      '7 weights were removed in earlier rounds and have no scores. 6 scores are exactly 0 (1 of them kept) and not in the picture.',
    );
  });
});

describe('texts', () => {
  it('writes numbers and tables', () => {
    expect([0, 0.02, 0.0012, 0.99951, 1].map(percent)).toEqual(['0 %', '2 %', '0.12 %', '99.951 %', '100 %']);
    expect([12, 200, 7500].map(duration)).toEqual(['12 s', '3 min 20 s', '2 h 5 min']);
    expect([0.0024, 1.234, 12.34, 200].map(elapsed)).toEqual(['0.01 s', '1.23 s', '12.3 s', '3 min 20 s']);
    expect([decimal(0.00012345), coefficient(0.5), fixedPercent(0.98125)]).toEqual(['1.234e-4', '0.500', '98.13 %']);
    expect([spread('97.12 %', '0.30 %'), spread('30', '2')]).toEqual(['97.12 ± 0.30 %', '30 ± 2']);
    expect(csvOf(['a', 'b'], [['x,"y"', undefined]])).toBe('a,b\r\n"x,""y""",\r\n');
    // A name that a spreadsheet would calculate, and a number that it should.
    expect(csvOf(['=a'], [['=1+1'], [-2]])).toBe("'=a\r\n'=1+1\r\n-2\r\n");
  });
});

describe('norms of gradients', () => {
  const norms = [
    { weight: 'block1/conv/kernel', metaGradient: 2, gradient: 0.5 },
    { weight: 'separable/depthwise_kernel', metaGradient: 3, gradient: 0 },
    { weight: 'separable/pointwise_kernel', metaGradient: 1, gradient: 4 },
    { weight: 'encoder/stage1/block2/convolution/kernel', metaGradient: 1, gradient: 1 },
  ];
  const weights = norms.map(({ weight }) => ({ name: weight, layer: weight.replace(/\/[^/]+$/, ''), shape: [1] }));

  it('are named by layer where that is clear, and by weight where a layer has several', () => {
    expect(axisNames({ weights }, norms)).toEqual([
      'block1/conv',
      '…arable/depthwise_kernel',
      '…arable/pointwise_kernel',
      '…age1/block2/convolution',
    ]);
  });

  it('leave out what a logarithmic axis cannot show', () => {
    expect(gradientNormsData(norms)).toEqual([
      [0, 1, 2, 3],
      [2, 3, 1, 1],
      [0.5, null, 4, 1],
    ]);
    expect(gradientRow(norms[0])).toMatchObject({ metaGradient: '2', gradient: '0.5', ratio: '4' });
    expect(gradientRow(norms[1])).toMatchObject({ gradient: '0', ratio: '' });
  });
});

describe('a regression', () => {
  const summary = { ...RUNS[0], testAccuracy: undefined, testR2: 0.8, testMeanAbsoluteError: 0.3 };
  const line = {
    epoch: 1,
    trainLoss: 1,
    trainMeanAbsoluteError: 0.4,
    testLoss: 2,
    testR2: 0.8,
    testMeanAbsoluteError: 0.3,
  };
  const shown = [{ summary, metrics: { run: summary.run, epochs: [line], steps: [] } }];

  it('has curves, tables and files of its own metrics, and no accuracy', () => {
    const charts = runCharts(shown, { colors: new Map([[summary.run, '#000000']]), splits: 'both' });
    expect(charts.map(({ title }) => title)).toEqual(['Loss', 'R²', 'Mean absolute error']);
    const titles = epochColumns(shown).map(({ title }) => title);
    expect(titles.slice(2)).toEqual([
      ...['Training loss', 'Training mean absolute error', 'Test loss', 'Test R²', 'Test mean absolute error'],
    ]);
    expect(runsCsv(shown).split('\r\n')[0]).toBe(
      'run,method,sparsity,seed,epoch,step,trainLoss,trainMeanAbsoluteError,testLoss,testR2,testMeanAbsoluteError',
    );
    expect(reachedText(summary)).toMatch(/R² 0\.8$/);
  });

  it('has no chart of an accuracy before its first epoch is over', () => {
    const fresh = [
      {
        summary: { ...summary, testR2: undefined, testMeanAbsoluteError: undefined },
        metrics: { run: summary.run, epochs: [], steps: [] },
      },
    ];
    expect(
      runCharts(fresh, { colors: new Map([[summary.run, '#000000']]), splits: 'both' }).map(({ title }) => title),
    ).toEqual(['Loss']);
  });

  it('is compared by R² first, in the editor and in reports', () => {
    const row = { model: 'm', method: 'snip', sparsity: 0.9, seed: 1, testR2: 0.8, testMeanAbsoluteError: 0.3 };
    expect(metricsOf([row])).toEqual(['testR2', 'testMeanAbsoluteError']);
    const spread = { mean: 0.8, deviation: null };
    const summed = { ...spread, metric: 'r2', r2: spread, meanAbsoluteError: { mean: 0.3, deviation: null } };
    expect(metricsOfReport([summed]).map(testTitle)).toEqual(['Test R²', 'Test mean absolute error']);
  });
});
