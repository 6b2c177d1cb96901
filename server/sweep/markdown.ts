/** The tables of a sweep in Markdown: metrics as in the paper's tables 4 to 6, axes as in table 3, times as in table 7. */

import { ALL_METRICS, METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import { DENSE, type SummaryRow } from '../protocol/comparison';
import { markdownText } from '../protocol/escape';
import { type MetricSpreads, metricsIn, type Spread, spreadOf } from '../protocol/metricKeys';
import {
  COST_AT_CONVERGENCE,
  type CostRow,
  NO_TIME_SAVED,
  type PublishedCurve,
  SMALLER_NETWORKS,
  type SweepResults,
} from '../protocol/sweep';

type Cells = readonly string[];

function table(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.map(markdownText).join(' | ')} |`;
  const rule = `| ${head.map((_, column) => (column === 0 ? ':--' : '--:')).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const percentage = (fraction: number) => String(Number((100 * fraction).toFixed(4)));

/** A spread without a unit, which is in the table's title. */
function spread(measured: Spread | undefined, { format }: MetricDefinition, digits = format === 'percent' ? 2 : 4) {
  if (!measured) return '';
  const factor = format === 'percent' ? 100 : 1;
  const value = (factor * measured.mean).toFixed(digits);
  return measured.deviation === null ? value : `${value} ± ${(factor * measured.deviation).toFixed(digits)}`;
}

/** `test accuracy (%)`. */
const titleOf = ({ title, format }: MetricDefinition) => `test ${title}${format === 'percent' ? ' (%)' : ''}`;

const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function sparsitiesOf(rows: readonly SummaryRow[]): number[] {
  const values = rows.filter(({ method }) => method !== DENSE).map(({ sparsity }) => sparsity);
  return [...new Set(values)].sort((a, b) => a - b);
}

/** A metric on the test data, methods by sparsities; published accuracies below, marked. */
export function metricTable(results: SweepResults, label: string, metric: MetricDefinition): string {
  const rows = results.summary.filter(({ model }) => model === label);
  const sparsities = sparsitiesOf(rows);
  const hasDense = rows.some(({ method }) => method === DENSE);
  const shown = hasDense ? [0, ...sparsities.filter((sparsity) => sparsity > 0)] : sparsities;
  const found = (method: string, sparsity: number) =>
    rows.find((row) => row.method === method && row.sparsity === sparsity);
  const own = results.methods.map(({ name, title }) => [
    title,
    ...shown.map((sparsity) => {
      const row = found(name, sparsity);
      return row ? spread(spreadOf(row, metric), metric) : '';
    }),
  ]);
  const cited = ({ title, points }: PublishedCurve) => [
    `${title} (published)`,
    ...shown.map((sparsity) =>
      spread(
        points.find((point) => point.sparsity === sparsity),
        metric,
        1,
      ),
    ),
  ];
  const hasCell = ([, ...cells]: Cells) => cells.some((cell) => cell !== '');
  const published = metric.name === METRICS.accuracy.name ? results.sweep.published : [];
  const curves = published.find(({ model }) => model === label)?.curves ?? [];
  const sources = [...new Set(curves.map(({ source }) => source))].map((source) => `Published: ${source}.`);
  const main = table(['Sparsity (%)', ...shown.map(percentage)], [...own, ...curves.map(cited).filter(hasCell)]);
  return [main, ...sources].join('\n\n');
}

/** Test accuracy in %, methods by sparsities; published numbers below, marked. */
export function accuracyTable(results: SweepResults, label: string): string {
  return metricTable(results, label, METRICS.accuracy);
}

/** Measured times of training, with their share of the dense network's. */
export function timeTable(results: SweepResults, label: string): string {
  const rows = results.sweep.costs.filter(({ model }) => model === label);
  const dense = rows.find(({ method }) => method === DENSE);
  const sparsities = [...new Set(rows.map(({ sparsity }) => sparsity))].sort((a, b) => a - b);
  const cell = (row: CostRow | undefined) => {
    if (!row) return '';
    const seconds = `${row.trainingSeconds.toFixed(1)} s`;
    return dense && row !== dense
      ? `${seconds} (${(row.trainingSeconds / dense.trainingSeconds).toFixed(2)})`
      : seconds;
  };
  const body = results.methods.map(({ name, title }) => [
    title,
    ...sparsities.map((sparsity) => cell(rows.find((row) => row.method === name && row.sparsity === sparsity))),
  ]);
  return table(['Sparsity (%)', ...sparsities.map(percentage)], body);
}

/** Sparsity as asked for and as it is, multiplications, and what a network costs in all. */
export function costTable(results: SweepResults, label: string): string {
  const denseMacs = results.sweep.networks.find((network) => network.label === label)!.denseMacs;
  const titles = new Map(results.methods.map(({ name, title }) => [name, title]));
  const rows = results.sweep.costs.filter(({ model }) => model === label);
  const hasSteps = rows.some(({ stepRatio }) => stepRatio !== undefined);
  const head = [
    'Method',
    ...(hasSteps ? ['Sparsity asked for (%)'] : []),
    'Nominal sparsity (%)',
    'Effective sparsity (%)',
    'Dense MACs',
    'Sparse MACs',
    ...(hasSteps ? ['Training step (share of dense)'] : []),
    'Scoring (s)',
    'Training (s)',
    'Epochs in all',
    'Time in all (s)',
  ];
  const body = rows.map((row) => [
    titles.get(row.method) ?? row.method,
    ...(hasSteps ? [percentage(row.sparsity)] : []),
    percentage(row.nominalSparsity),
    percentage(row.effectiveSparsity),
    String(denseMacs),
    String(Math.round(row.sparseMacs)),
    ...(hasSteps ? [row.stepRatio?.toFixed(2) ?? ''] : []),
    row.scoringSeconds.toFixed(2),
    row.trainingSeconds.toFixed(1),
    String(Number(row.totalEpochs.toFixed(2))),
    row.totalSeconds.toFixed(1),
  ]);
  return table(head, body);
}

/** Metrics over an axis, a table for each, a row a value and a column a method and sparsity. */
export function axisTables({ sweep }: SweepResults, metrics: readonly MetricDefinition[] = ALL_METRICS): string[] {
  return sweep.axes.flatMap(({ option, values }) => {
    const curves = sweep.axisCurves.filter((curve) => curve.option === option);
    const places = [...new Set(curves.map(({ place }) => place))];
    return places.flatMap((place) => {
      const own = curves.filter((curve) => curve.place === place);
      const head = own.map(({ title, sparsity }) => (sparsity === 0 ? title : `${title}, ${percentage(sparsity)} %`));
      const points = own.flatMap((curve) => curve.points);
      return metricsIn(points, metrics).flatMap((metric) => {
        const cell = (point: MetricSpreads | undefined) => (point ? spread(spreadOf(point, metric), metric) : '');
        const rows = values.map((value) => [
          String(value),
          ...own.map((curve) => cell(curve.points.find((point) => point.value === value))),
        ]);
        return [`## ${place}: ${titleOf(metric)} over ${option}`, table([option, ...head], rows)];
      });
    });
  });
}

/** Metrics of a network's runs; the accuracy while there is none, whose published numbers are known before. */
function metricsOfModel({ summary }: SweepResults, label: string, metrics: readonly MetricDefinition[]) {
  const rows = summary.filter(({ model }) => model === label);
  return rows.length > 0 ? metricsIn(rows, metrics) : [METRICS.accuracy];
}

/** The whole document. */
export function formatMarkdown(results: SweepResults, metrics: readonly MetricDefinition[] = ALL_METRICS): string {
  const { sweep, runs, planned, backend, device, version } = results;
  const count = runs.length === planned ? `${planned} runs` : `${runs.length} of ${planned} runs so far`;
  const sections = results.models.flatMap(({ label, data }) => [
    `## ${label} on ${data}`,
    ...metricsOfModel(results, label, metrics).flatMap((metric) => [
      `### ${capitalized(titleOf(metric))}`,
      metricTable(results, label, metric),
    ]),
    '### Measured time of training (share of dense)',
    timeTable(results, label),
    '### Sparsity and cost',
    costTable(results, label),
  ]);
  const introduction = `Means over seeds ± one standard deviation. ${count} on ${backend} (${device}), PruneLens ${version}.`;
  const isShrunk = sweep.costs.some(({ stepRatio }) => stepRatio !== undefined);
  const notes = [NO_TIME_SAVED, ...(isShrunk ? [SMALLER_NETWORKS] : []), COST_AT_CONVERGENCE];
  return `${[`# ${sweep.title}`, introduction, ...notes, ...sections, ...axisTables(results, metrics)].join('\n\n')}\n`;
}
