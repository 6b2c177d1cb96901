/** What follows from the curves' state: what is to be read, what is drawn, and what is kept over a reload. */
import { METRICS, type MetricName } from '../../server/protocol/catalogue/metrics';
import { judgedBy } from '../../server/protocol/metricKeys';
import type { ComparisonSummary, RunSummary } from '../../server/protocol/results';
import { differenceText } from '../../server/protocol/runTable/texts';
import { comparedMetrics, metricKey, metricOf, metricText, metricValue, splitTitle } from '../shared/metrics';
import type { Palette } from '../shared/theme';
import type { MethodTitle } from './comparisonChart';
import type { Shown } from './exports';
import { type CurvesPage, type CurvesPageState, shownRuns } from './state';
import { type AccuracyPoint, accuracyPoints, type Metric, metricsOf } from './statistics';

/** Runs that are shown and were never read. */
export function unreadRuns(page: CurvesPage): readonly string[] {
  return shownRuns(page)
    .map(({ run }) => run)
    .filter((run) => !page.metrics.has(run));
}

/** The shown runs with their metrics, of those that were read. */
export function readRuns(page: Pick<CurvesPage, 'runs' | 'shown' | 'options' | 'metrics'>): readonly Shown[] {
  return shownRuns(page).flatMap((summary) => {
    const metrics = page.metrics.get(summary.run);
    return metrics ? [{ summary, metrics }] : [];
  });
}

/** The colors of the shown runs, of those of the theme. */
export function runColors(page: CurvesPage, series: readonly string[]): ReadonlyMap<string, string> {
  return new Map(shownRuns(page).map(({ run }) => [run, series[page.colors.get(run)! % series.length]]));
}

/** The same colors, with that of text for the baseline. */
export function drawnColors(page: CurvesPage, palette: Palette): ReadonlyMap<string, string> {
  const { baseline } = page.options;
  const colors = runColors(page, palette.series);
  return baseline === undefined ? colors : new Map([...colors, [baseline, palette.foreground]]);
}

/** How a run's metric differs from the baseline's, of the first that both have of what networks are compared by. */
export function toBaselineText(summary: RunSummary, baseline: RunSummary | undefined): string {
  if (!baseline || baseline.run === summary.run) return '';
  const value = (one: RunSummary, name: MetricName) => metricValue(one, metricKey('test', name));
  const [name] = comparedMetrics((one) => value(summary, one) !== undefined && value(baseline, one) !== undefined);
  return name === undefined ? '' : differenceText(value(summary, name)! - value(baseline, name)!, name);
}

/** Whether what is shown needs the settings of runs. */
export function needsRows({ tab }: CurvesPage): boolean {
  return tab === 'plane';
}

/** What a run has reached, with its epochs: the accuracy, or what else its task is judged by. */
export function reachedText(summary: RunSummary): string {
  const epochs = `Epoch ${summary.finishedEpochs} of ${summary.epochs}`;
  const judged = judgedBy(summary);
  if (!judged) return epochs;
  const { metric, value } = judged;
  const text = metricText(metric, value);
  return `${epochs} · ${metric === METRICS.accuracy ? text : `${metric.title} ${text}`}`;
}

/** The comparison tab: what of the comparisons is shown. */
export interface ShownComparison {
  readonly comparison: ComparisonSummary;
  readonly models: readonly string[];
  readonly model: string;
  readonly metrics: readonly Metric[];
  /** Absent while nothing was measured: what a network is judged by is not known before. */
  readonly metric?: Metric;
  /** In the order of the comparison: colors are then those of its report. */
  readonly methods: readonly MethodTitle[];
  readonly points: readonly AccuracyPoint[];
}

/** Undefined where there is no comparison. What was chosen and is not there is replaced by the nearest that is. */
export function shownComparison(page: CurvesPage): ShownComparison | undefined {
  const { comparisons } = page;
  const comparison = comparisons.find(({ folder }) => folder === page.comparison) ?? comparisons.at(-1);
  if (!comparison) return undefined;
  const models = [...new Set(comparison.rows.map((row) => row.model))];
  const model = page.model !== undefined && models.includes(page.model) ? page.model : (models[0] ?? '');
  const metrics = metricsOf(comparison.rows.filter((row) => row.model === model));
  const metric = page.metric && metrics.includes(page.metric) ? page.metric : metrics.at(0);
  const methods = comparison.methods ?? page.methods;
  const order = methods.map(({ name }) => name);
  const points = metric ? accuracyPoints(comparison.rows, { model, metric, order }) : [];
  return { comparison, models, model, metrics, ...(metric && { metric }), methods, points };
}

export function metricChoices({ metrics }: ShownComparison) {
  return metrics.map((one) => ({ value: one, label: splitTitle('test', metricOf(one)) }));
}

/** What is kept over a reload: the shown runs only where somebody has chosen them. */
export function keptOf(page: CurvesPage): Partial<CurvesPageState> {
  const { isChosen, shown, comparison, tab, logLoss, logEpochs, logDensity, hidden, options, plane, colors } = page;
  return {
    ...(isChosen && { runs: shown }),
    ...(comparison !== undefined && { comparison }),
    tab,
    logLoss,
    logEpochs,
    logDensity,
    hidden,
    options,
    plane,
    colors: Object.fromEntries([...colors].filter(([run]) => shown.includes(run))),
  };
}
