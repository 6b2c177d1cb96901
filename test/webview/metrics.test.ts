/** A metric that is added to the list appears on all pages by its own name, direction and format, with no other change. */
import { describe, expect, it, vi } from 'vitest';
import { comparisonColumns, comparisonRows, epochColumns, epochRows, runsCsv } from '../../webview/curves/exports';
import { addNews, columnName, emptyTable } from '../../webview/curves/metricsTable';
import { runCharts } from '../../webview/curves/runCurves';
import { accuracyPoints, type Metric, metricsOf } from '../../webview/curves/statistics';
import { measuredText, metricsOf as metricsOfReport, testTitle } from '../../webview/report/metrics';
import { axisTitle, metricOf, tickText } from '../../webview/shared/metrics';
import { RUNS, metricsOf as read } from './support/runs';

vi.mock('../../server/protocol/catalogue/metrics', async (original) => ({
  ...(await original<object>()),
  METRICS: {
    loss: { name: 'loss', title: 'loss', direction: 'lower', format: 'number' },
    accuracy: { name: 'accuracy', title: 'accuracy', direction: 'higher', format: 'percent' },
    perplexity: { name: 'perplexity', title: 'perplexity', direction: 'lower', format: 'number', leads: true },
  },
}));

const KEY = 'testPerplexity' as unknown as Metric;
const summary = { ...RUNS[0], testAccuracy: undefined, testPerplexity: 12.5 };
const epoch = { epoch: 1, trainLoss: 2, testLoss: 2.5, testPerplexity: 12.5 };
const shown = [{ summary, metrics: { ...read(RUNS[0].run), epochs: [epoch], steps: [] } as never }];

describe('a metric that pages do not know', () => {
  it('has a chart, a column of the table and one of the file among the curves of runs', () => {
    const [, chart] = runCharts(shown, { colors: new Map([[summary.run, '#000000']]), splits: 'both' });
    expect(chart.title).toBe('Perplexity');
    expect(chart.series.map(({ column }) => column)).toEqual([columnName(summary.run, KEY)]);
    expect(epochColumns(shown).at(-1)).toEqual({ key: KEY, title: 'Test perplexity' });
    expect(epochRows(shown)[0]).toMatchObject({ [KEY]: '12.5' });
    expect(runsCsv(shown)).toMatch(/,testPerplexity\r\n.*,12\.5\r\n/s);
    const table = emptyTable();
    addNews(table, { run: 'r', epoch: 1, loss: 2, accuracy: 0.5, testLoss: 2, testPerplexity: 9 } as never);
    expect(table.columns.get(columnName('r', KEY))).toEqual([9]);
  });

  it('is what comparisons begin with, and says that less is better', () => {
    const rows = [{ model: 'm', method: 'snip', sparsity: 0.9, seed: 1, testPerplexity: 30 } as never];
    expect(metricsOf(rows)).toEqual([KEY]);
    const points = accuracyPoints(rows, { model: 'm', metric: KEY });
    const metric = metricOf(KEY);
    expect(axisTitle(metric)).toBe('Test perplexity (lower is better)');
    expect(comparisonColumns(metric)[3].title).toBe('Test perplexity, mean');
    expect(comparisonRows(points, metric, [])[0].mean).toBe('30');
  });

  it('has its own numbers in a report', () => {
    const rows = [{ mean: 0.5, deviation: null, perplexity: { mean: 30, deviation: 2 } }];
    const metrics = metricsOfReport(rows);
    expect(metrics.map(testTitle)).toEqual(['Test perplexity', 'Test accuracy']);
    expect(measuredText(metrics[0], { mean: 30, deviation: 2 })).toBe('30 ± 2');
    expect([tickText(metrics[0], 30), tickText(metrics[1], 0.5)]).toEqual(['30', '50 %']);
  });
});
