/** Loss and accuracy of the shown runs, a color a run; built anew only when other runs are shown. */
import type { RunSummary } from '../../server/protocol/results';
import { type Chart, type ChartSeries, createChart, type DrawnChart } from '../shared/chart';
import { element } from '../shared/elements';
import { decimal, percent } from '../shared/format';
import { type Curve, chartData, columnName, type MetricsTable } from './metricsTable';

export interface RunChartsOptions {
  readonly runs: readonly RunSummary[];
  readonly colors: ReadonlyMap<string, string>;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly hidden: ReadonlySet<string>;
  onToggle(label: string, shown: boolean): void;
}

export interface RunCharts {
  /** Shows the table as it is now. */
  update(table: MetricsTable): void;
  resetZoom(): void;
  svgs(): DrawnChart[];
}

const HEIGHT = 260;
/** Runs without a mask are what the others are measured by, so they look different. */
const DENSE_DASH = [7, 4];
/** Beside the accuracy of the same run, which has its color. */
const MEAN_IOU_DASH = [9, 3, 2, 3];

interface Drawn {
  readonly chart: Chart;
  readonly columns: readonly string[];
}

export interface RunChartsView {
  readonly root: HTMLElement;
  build(options: RunChartsOptions): RunCharts;
}

function seriesOf(options: RunChartsOptions, curves: readonly (readonly [Curve, string])[]) {
  return options.runs.flatMap(({ run, label, masked, state, testMeanIoU }) =>
    // Accuracies of single steps are told while a run is on its way, but not kept; only a segmentation has a mean IoU.
    curves
      .filter(([curve]) => curve !== 'stepAccuracy' || state === 'running')
      .filter(([curve]) => curve !== 'testMeanIoU' || testMeanIoU !== undefined)
      .map(([curve, what]): ChartSeries & { column: string } => {
        const color = options.colors.get(run)!;
        const isStep = curve.startsWith('step');
        const isTraining = curve.startsWith('train');
        return {
          column: columnName(run, curve),
          label: `${label}: ${what}`,
          color: isStep ? `${color}66` : color,
          width: isStep ? 1 : 2,
          points: !isStep,
          ...(isTraining && { dash: [3, 3] }),
          ...(curve === 'testMeanIoU' && { dash: MEAN_IOU_DASH }),
          ...(!isTraining && !isStep && !masked && curve !== 'testMeanIoU' && { dash: DENSE_DASH }),
        };
      }),
  );
}

export function createRunCharts(): RunChartsView {
  const root = element('div', { class: 'run-charts' });
  let drawn: Drawn[] = [];
  return {
    root,
    build(options) {
      for (const { chart } of drawn) chart.destroy();
      const x = { label: 'Epoch', log: options.logEpochs, format: (value: number) => String(Number(value.toFixed(2))) };
      const make = (
        title: string,
        y: Parameters<typeof createChart>[0]['y'],
        curves: Parameters<typeof seriesOf>[1],
      ) => {
        const series = seriesOf(options, curves);
        // The same run has curves in both charts, so what is hidden is kept with the chart's title.
        const key = (label: string) => `${title}: ${label}`;
        const hidden = new Set(series.map(({ label }) => label).filter((label) => options.hidden.has(key(label))));
        const onToggle = (label: string, shown: boolean) => options.onToggle(key(label), shown);
        const chart = createChart({ title, x, y, series, height: HEIGHT, hidden, onToggle });
        return { chart, columns: series.map(({ column }) => column) };
      };
      drawn = [
        make('Loss', { label: 'Loss', log: options.logLoss, format: decimal }, [
          ['stepLoss', 'each step'],
          ['trainLoss', 'training'],
          ['testLoss', 'test'],
        ]),
        make('Accuracy', { label: 'Accuracy', format: percent }, [
          ['stepAccuracy', 'epoch so far'],
          ['trainAccuracy', 'training'],
          ['testAccuracy', 'test'],
          ['testMeanIoU', 'test mean IoU'],
        ]),
      ];
      root.replaceChildren(...drawn.map(({ chart }) => chart.root));
      return {
        update(table) {
          for (const { chart, columns } of drawn) chart.setData(chartData(table, columns));
        },
        resetZoom: () => drawn.forEach(({ chart }) => void chart.resetZoom()),
        svgs: () => drawn.map(({ chart }) => chart.svg()),
      };
    },
  };
}
