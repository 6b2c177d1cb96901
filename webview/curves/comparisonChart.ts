/** A metric over sparsity: a line a method through the means, a band of one standard deviation, dense as a level. */
import type { MetricDefinition } from '../../server/protocol/catalogue/metrics';
import { DENSE } from '../../server/protocol/comparison';
import { overSparsity, type SparsityCurves } from '../shared/chart/overSparsity';
import type { ChartData, ChartOptions } from '../shared/chart/types';
import { axisTitle, metricText, splitTitle, tickText } from '../shared/metrics';
import { readPalette } from '../shared/theme';

export interface ComparisonChartOptions {
  readonly curves: SparsityCurves;
  readonly metric: MetricDefinition;
  readonly methods: readonly MethodTitle[];
  readonly logDensity: boolean;
  readonly hidden: ReadonlySet<string>;
  onToggle(label: string, shown: boolean): void;
}

const HEIGHT = 360;
/** Room left and right of the outermost densities on the axis, as a factor. */
const ROOM = 1.15;

export interface MethodTitle {
  readonly name: string;
  readonly title: string;
}

export function methodTitle(method: string, methods: readonly MethodTitle[]): string {
  return method === DENSE ? 'Dense' : (methods.find(({ name }) => name === method)?.title ?? method);
}

/** The curves with their colors; dense has that of text. */
export function methodColors(curves: SparsityCurves) {
  const palette = readPalette();
  const pruned = curves.methods.filter(({ method }) => method !== DENSE);
  return curves.methods.map((curve) => {
    const at = pruned.indexOf(curve);
    return { ...curve, color: at < 0 ? palette.foreground : palette.series[at % palette.series.length] };
  });
}

/** The chart as options and data. */
export function comparisonChart(options: ComparisonChartOptions): {
  readonly options: ChartOptions;
  readonly data: ChartData;
} {
  const { curves, metric, methods, logDensity, hidden, onToggle } = options;
  const colors = new Map(methodColors(curves).map(({ method, color }) => [method, color]));
  const { data, ...parts } = overSparsity({
    curves,
    label: 'Sparsity',
    log: logDensity,
    room: ROOM,
    most: 100,
    lineOf(method) {
      const color = colors.get(method)!;
      const line = { label: methodTitle(method, methods), color, width: 2 };
      return method === DENSE
        ? { ...line, points: false, dash: [7, 4], band: 'transparent' }
        : { ...line, points: true, band: `${color}33` };
    },
  });
  const y = {
    label: axisTitle(metric),
    format: (value: number) => tickText(metric, value),
    tell: (value: number) => metricText(metric, value),
  };
  const title = `${splitTitle('test', metric)} over sparsity`;
  return { options: { ...parts, title, y, height: HEIGHT, hidden, onToggle }, data };
}
