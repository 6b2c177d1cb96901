/** Charts of the shown runs, a color a run or a group; built anew only where other curves are shown. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ChartAxis } from '../shared/chart/axis';
import { ChartView } from '../shared/chart/ChartView';
import type { Chart } from '../shared/chart/chart';
import { createSharedView, type SharedView } from '../shared/chart/sharedView';
import type { ChartOptions } from '../shared/chart/types';
import { count, decimal, duration } from '../shared/format';
import { readPalette } from '../shared/theme';
import { drawingOf, drawnTable, runsWithoutPlace } from './drawing';
import { chartData, type MetricsTable } from './metricsTable';
import type { CurveAxis, CurveOptions } from './options';
import { rangeWithoutOutliers } from './outliers';
import type { RunChart } from './runCurves';
import { smoothed } from './smoothing';
import type { CurvesPage } from './state';

export interface ChartActions {
  onToggleCurve(label: string, isOn: boolean): void;
  /** Hears of each chart that is drawn, by its title. */
  onChart(title: string, chart: Chart | undefined): void;
}

interface RunChartProperties {
  readonly chart: RunChart;
  readonly table: MetricsTable;
  readonly shared: SharedView;
  readonly options: CurveOptions;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly hidden: readonly string[];
  readonly actions: ChartActions;
}

const HEIGHT = 260;

const X_AXES: { readonly [Axis in CurveAxis]: ChartAxis } = {
  epoch: { label: 'Epoch', format: decimal },
  step: { label: 'Step', format: count },
  time: { label: 'Time', format: duration },
};

/** A band may reach below what a logarithmic axis has a place for. */
const positive = (values: readonly (number | null)[]) =>
  values.map((value) => (value !== null && value > 0 ? value : null));

function RunChartView(properties: RunChartProperties): VNode {
  const { chart, table, shared, logLoss, logEpochs, hidden, actions } = properties;
  const { smoothing, ignoresOutliers, axis } = properties.options;
  const { title, values, bands } = chart;
  // A line that is not smoothed is that of the steps.
  const series = smoothing > 0 ? chart.series : chart.series.filter(({ isSmooth }) => !isSmooth);
  // The same run has curves in several charts, so what is hidden is kept with the chart's title.
  const key = (label: string) => `${title}: ${label}`;
  const isLog = logLoss && values.format === 'number';
  const options = useMemo(
    (): ChartOptions => ({
      title,
      x: { ...X_AXES[axis], log: logEpochs },
      y: {
        label: title,
        log: isLog,
        ...(ignoresOutliers && { range: (values) => rangeWithoutOutliers(values, isLog) }),
        format: values.tick,
        tell: values.tell,
      },
      series,
      bands,
      shared,
      height: HEIGHT,
      hidden: new Set(series.map(({ label }) => label).filter((label) => hidden.includes(key(label)))),
      onToggle: (label, isOn) => actions.onToggleCurve(key(label), isOn),
    }),
    [JSON.stringify(series), title, isLog, logEpochs, ignoresOutliers, axis, shared],
  );
  const data = useMemo(() => {
    const [places, ...values] = chartData(
      table,
      series.map(({ column }) => column),
    );
    const drawn = values.map((column, at) => (series[at].isSmooth ? smoothed(column, smoothing) : column));
    return [places, ...(isLog ? drawn.map(positive) : drawn)];
  }, [table, options, smoothing]);
  return <ChartView options={options} data={data} onChart={(drawn) => actions.onChart(title, drawn)} />;
}

export interface RunChartsProperties {
  readonly page: CurvesPage;
  readonly actions: ChartActions;
}

export function RunCharts({ page, actions }: RunChartsProperties): VNode {
  const { logLoss, logEpochs, hidden, theme, runs, shown, metrics, options, methods, epochSteps } = page;
  const { splits, grouping, baseline, axis } = options;
  const drawing = useMemo(
    () => drawingOf(page, readPalette()),
    [runs, shown, metrics, methods, theme, splits, grouping, baseline],
  );
  const table = useMemo(() => drawnTable(page, drawing), [page.table, drawing, axis, epochSteps]);
  // What is zoomed into is a part of one axis.
  const shared = useMemo(createSharedView, [axis, logEpochs]);
  const missing = useMemo(() => runsWithoutPlace(page), [runs, shown, metrics, axis, baseline]);
  return (
    <>
      {missing.length > 0 && axis === 'time' && (
        <p class="note" role="status">
          Runs tell their times when they end. Without a curve here: {missing.join(', ')}.
        </p>
      )}
      <div class="run-charts">
        {drawing.charts.map((chart) => (
          <RunChartView
            key={`${chart.title} ${theme}`}
            chart={chart}
            table={table}
            shared={shared}
            options={options}
            logLoss={logLoss}
            logEpochs={logEpochs}
            hidden={hidden}
            actions={actions}
          />
        ))}
      </div>
    </>
  );
}
