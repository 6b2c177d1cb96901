/** The comparison tab: which comparison and model, its chart, and a table of the same. */

import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { ChartView } from '../shared/chart/ChartView';
import { curvesOverSparsity } from '../shared/chart/overSparsity';
import { baseName } from '../shared/format';
import { metricOf, splitTitle } from '../shared/metrics';
import { Button, Checkbox, Dropdown, Grid } from '../shared/toolkit';
import { comparisonChart } from './comparisonChart';
import { comparisonColumns, comparisonRows } from './exports';
import type { ChartActions } from './RunChartsView';
import { metricChoices, type ShownComparison } from './selectors';
import type { CurvesPage } from './state';
import type { Metric } from './statistics';

export interface ComparisonActions extends ChartActions {
  onComparison(folder: string): void;
  onModel(model: string): void;
  onMetric(metric: Metric): void;
  onLogDensity(log: boolean): void;
  onResetZoom(): void;
}

export interface ComparisonProperties {
  readonly page: CurvesPage;
  readonly shown: ShownComparison | undefined;
  readonly actions: ComparisonActions;
}

/** The name of the chart among those that are drawn. */
export const COMPARISON_CHART = 'comparison';

interface ShownProperties extends ComparisonProperties {
  readonly shown: ShownComparison;
}

function Choices({ page, shown, actions }: ShownProperties): VNode {
  return (
    <div class="toolbar">
      <Dropdown
        label="Comparison"
        id="comparison"
        choices={page.comparisons.map(({ folder, label = baseName(folder) }) => ({ value: folder, label }))}
        value={shown.comparison.folder}
        onChange={actions.onComparison}
      />
      <Dropdown
        label="Model"
        id="comparison-model"
        choices={shown.models.map((name) => ({ value: name, label: baseName(name) }))}
        value={shown.model}
        onChange={actions.onModel}
      />
      <Dropdown
        label="Metric"
        id="comparison-metric"
        hidden={shown.metrics.length <= 1}
        choices={metricChoices(shown)}
        value={shown.metric ?? ''}
        onChange={(metric) => actions.onMetric(metric as Metric)}
      />
      <Checkbox label="Log density axis" checked={page.logDensity} onChange={actions.onLogDensity} />
      <Button label="Reset zoom" onClick={actions.onResetZoom} />
    </div>
  );
}

function Measured({ page, shown, actions, metric: key }: ShownProperties & { readonly metric: Metric }): VNode {
  const { points, methods } = shown;
  const metric = metricOf(key);
  const { options, data } = useMemo(
    () =>
      comparisonChart({
        curves: curvesOverSparsity(points),
        metric,
        methods,
        logDensity: page.logDensity,
        hidden: new Set(page.hidden),
        onToggle: actions.onToggleCurve,
      }),
    [shown, page.logDensity, page.theme],
  );
  const rows = useMemo(() => comparisonRows(points, metric, methods), [shown]);
  return (
    <div>
      <ChartView options={options} data={data} onChart={(chart) => actions.onChart(COMPARISON_CHART, chart)} />
      <Grid label={splitTitle('test', metric)} columns={comparisonColumns(metric)} rows={rows} />
    </div>
  );
}

function Shown({ page, shown, actions }: ShownProperties): VNode {
  return (
    <div>
      <Choices page={page} shown={shown} actions={actions} />
      {shown.metric ? (
        <Measured page={page} shown={shown} actions={actions} metric={shown.metric} />
      ) : (
        <p class="note">No run of this comparison is finished yet.</p>
      )}
    </div>
  );
}

export function ComparisonView({ page, shown, actions }: ComparisonProperties): VNode {
  return (
    <div class="view">
      {shown ? (
        <Shown page={page} shown={shown} actions={actions} />
      ) : (
        <div class="empty">
          <h2>No comparisons yet</h2>
          <p>
            Compare methods from the lens above a model, or with the command “prunelens compare”: each finished run adds
            a point.
          </p>
        </div>
      )}
    </div>
  );
}
