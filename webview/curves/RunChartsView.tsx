/** Charts of the shown runs, a color a run; built anew only where other curves are shown. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { ChartView } from '../shared/chart/ChartView';
import type { Chart } from '../shared/chart/chart';
import type { ChartOptions } from '../shared/chart/types';
import { decimal } from '../shared/format';
import { metricText, tickText } from '../shared/metrics';
import { chartData, type MetricsTable } from './metricsTable';
import type { RunChart } from './runCurves';
import { smoothed } from './smoothing';

export interface ChartActions {
  onToggleCurve(label: string, isOn: boolean): void;
  /** Hears of each chart that is drawn, by its title. */
  onChart(title: string, chart: Chart | undefined): void;
}

export interface RunChartProperties {
  readonly chart: RunChart;
  readonly table: MetricsTable;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly hidden: readonly string[];
  readonly actions: ChartActions;
}

const HEIGHT = 260;

export function RunChartView({ chart, table, logLoss, logEpochs, hidden, actions }: RunChartProperties): VNode {
  const { title, metric, series } = chart;
  // The same run has curves in several charts, so what is hidden is kept with the chart's title.
  const key = (label: string) => `${title}: ${label}`;
  const options = useMemo(
    (): ChartOptions => ({
      title,
      x: { label: 'Epoch', log: logEpochs, format: decimal },
      y: {
        label: title,
        log: logLoss && metric.format === 'number',
        format: (value) => tickText(metric, value),
        tell: (value) => metricText(metric, value),
      },
      series,
      height: HEIGHT,
      hidden: new Set(series.map(({ label }) => label).filter((label) => hidden.includes(key(label)))),
      onToggle: (label, isOn) => actions.onToggleCurve(key(label), isOn),
    }),
    [JSON.stringify(series), title, logLoss, logEpochs],
  );
  const data = useMemo(() => {
    const [places, ...values] = chartData(
      table,
      series.map(({ column }) => column),
    );
    return [places, ...values.map((column, at) => (series[at].isSmooth ? smoothed(column) : column))];
  }, [table, options]);
  return <ChartView options={options} data={data} onChart={(drawn) => actions.onChart(title, drawn)} />;
}
