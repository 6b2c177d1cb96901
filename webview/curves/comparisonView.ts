/** The comparison tab: which comparison and model, its chart, and a table of the same. */
import type { ComparisonSummary } from '../../server/protocol/results';
import type { MethodChoice } from '../../server/protocol/webview';
import type { Chart, DrawnChart } from '../shared/chart';
import { element, setVisible } from '../shared/elements';
import { baseName } from '../shared/format';
import { button, checkbox, dropdown, grid } from '../toolkit';
import { createComparisonChart, type MethodTitle, methodColors, methodTitle } from './comparisonChart';
import { comparisonColumns, comparisonCsv, comparisonRows } from './exports';
import {
  type AccuracyPoint,
  accuracyCurves,
  accuracyPoints,
  METRIC_TITLES,
  type Metric,
  metricsOf,
} from './statistics';

export interface ComparisonViewOptions {
  readonly logDensity: boolean;
  readonly hidden: ReadonlySet<string>;
  onComparison(folder: string): void;
  onLogDensity(log: boolean): void;
  onToggle(label: string, shown: boolean): void;
}

export interface ComparisonView {
  readonly root: HTMLElement;
  update(comparisons: readonly ComparisonSummary[], folder: string | undefined, methods: readonly MethodChoice[]): void;
  redraw(): void;
  csv(): string;
  charts(): readonly DrawnChart[];
  /** What the colors of the chart mean. */
  legend(): readonly { readonly label: string; readonly color: string }[];
}

export function createComparisonView(options: ComparisonViewOptions): ComparisonView {
  let comparisons: readonly ComparisonSummary[] = [];
  let known: readonly MethodChoice[] = [];
  /** Those of the shown comparison, in its order: colors are then those of its report. */
  let methods: readonly MethodTitle[] = [];
  let folder = '';
  let model = '';
  /** The one that was chosen, and the one that is shown, as a comparison need not have the other. */
  let metric: Metric | undefined;
  let shownMetric: Metric = 'testAccuracy';
  let log = options.logDensity;
  let points: readonly AccuracyPoint[] = [];
  let chart: Chart | undefined;
  const comparisonChoice = dropdown('Comparison', 'comparison', (chosen) => {
    folder = chosen;
    options.onComparison(chosen);
    show();
  });
  const modelChoice = dropdown('Model', 'comparison-model', (chosen) => {
    model = chosen;
    show();
  });
  const metricChoice = dropdown('Metric', 'comparison-metric', (chosen) => {
    metric = chosen as Metric;
    show();
  });
  const scale = checkbox('Log density axis', log, (checked) => {
    log = checked;
    options.onLogDensity(checked);
    show();
  });
  const reset = button({ label: 'Reset zoom', onClick: () => chart?.resetZoom() });
  const place = element('div');
  const table = grid('Accuracies');
  const empty = element(
    'div',
    { class: 'empty' },
    element('h2', {}, 'No comparisons yet'),
    element(
      'p',
      {},
      'Compare methods from the lens above a model, or with the command “prunelens compare”: each finished run adds a point.',
    ),
  );
  const content = element(
    'div',
    {},
    element('div', { class: 'toolbar' }, comparisonChoice.root, modelChoice.root, metricChoice.root, scale.root, reset),
    place,
    table.root,
  );

  function show(): void {
    const shown = comparisons.find((one) => one.folder === folder) ?? comparisons.at(-1);
    setVisible(empty, shown === undefined);
    setVisible(content, shown !== undefined);
    chart?.destroy();
    chart = undefined;
    points = [];
    if (!shown) return;
    folder = shown.folder;
    const models = [...new Set(shown.rows.map((row) => row.model))];
    if (!models.includes(model)) model = models[0] ?? '';
    comparisonChoice.update(
      comparisons.map((one) => ({ value: one.folder, label: baseName(one.folder) })),
      folder,
    );
    modelChoice.update(
      models.map((name) => ({ value: name, label: baseName(name) })),
      model,
    );
    const metrics = metricsOf(shown.rows.filter((row) => row.model === model));
    shownMetric = metric && metrics.includes(metric) ? metric : metrics[0];
    setVisible(metricChoice.root, metrics.length > 1);
    metricChoice.update(
      metrics.map((one) => ({ value: one, label: METRIC_TITLES[one] })),
      shownMetric,
    );
    const title = METRIC_TITLES[shownMetric];
    methods = shown.methods ?? known;
    points = accuracyPoints(shown.rows, { model, metric: shownMetric, order: methods.map(({ name }) => name) });
    table.setRows(comparisonColumns(title), comparisonRows(points, methods));
    const { hidden, onToggle } = options;
    chart = createComparisonChart({
      curves: accuracyCurves(points),
      metric: title,
      methods,
      logDensity: log,
      hidden,
      onToggle,
    });
    place.replaceChildren(chart.root);
  }

  return {
    root: element('div', { class: 'view' }, empty, content),
    update(next, chosen, choices) {
      const isSame = JSON.stringify([next, choices]) === JSON.stringify([comparisons, known]);
      comparisons = next;
      known = choices;
      if (isSame && (chosen === undefined || chosen === folder)) return;
      folder = chosen ?? folder;
      show();
    },
    redraw: show,
    csv: () => comparisonCsv(points, shownMetric),
    legend: () =>
      methodColors(accuracyCurves(points)).map(({ method, color }) => ({ label: methodTitle(method, methods), color })),
    charts: () => (chart ? [chart.svg()] : []),
  };
}
