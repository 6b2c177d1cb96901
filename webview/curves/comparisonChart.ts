/** A metric over sparsity: a line a method through the means, a band of one standard deviation, dense as a level. */
import type { MetricDefinition } from '../../server/protocol/catalogue/metrics';
import { DENSE } from '../../server/protocol/comparison';
import type { ChartData, ChartOptions } from '../shared/chart/chart';
import { axisTitle, metricText, splitTitle } from '../shared/metrics';
import { readPalette } from '../shared/theme';
import type { AccuracyCurves } from './statistics';

export interface ComparisonChartOptions {
  readonly curves: AccuracyCurves;
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
export function methodColors(curves: AccuracyCurves) {
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
  const drawn = methodColors(curves);
  const { densities } = curves;
  const range: [number, number] | undefined =
    densities.length > 0 ? [densities[0] / ROOM, Math.min(100, densities[densities.length - 1] * ROOM)] : undefined;
  const chart: ChartOptions = {
    title: `${splitTitle('test', metric)} over sparsity`,
    x: {
      label: 'Sparsity',
      log: logDensity,
      reversed: true,
      marks: densities,
      ...(range && { range }),
      // The axis holds what stays, in percent, as only that has a logarithm that spreads the high sparsities.
      format: (density) => `${Number((100 - density).toFixed(4))} %`,
    },
    y: { label: axisTitle(metric), format: (value) => metricText(metric, value) },
    series: drawn.flatMap(({ method, color }) => {
      const label = methodTitle(method, methods);
      const isDense = method === DENSE;
      return [
        { label, color, width: 2, points: !isDense, ...(isDense && { dash: [7, 4] }) },
        { label: `${label} upper`, color, edge: true },
        { label: `${label} lower`, color, edge: true },
      ];
    }),
    bands: drawn.map(({ method, color }, at) => ({
      upper: 3 * at + 1,
      lower: 3 * at + 2,
      color: method === DENSE ? 'transparent' : `${color}33`,
    })),
    height: HEIGHT,
    hidden,
    onToggle,
  };
  // The level of the dense network goes from edge to edge.
  const widened = (values: readonly (number | null)[], level: boolean) =>
    range ? [level ? values[0] : null, ...values, level ? values[0] : null] : [...values];
  const data = [
    range ? [range[0], ...densities, range[1]] : [],
    ...drawn.flatMap(({ method, mean, upper, lower }) =>
      [mean, upper, lower].map((values) => widened(values, method === DENSE)),
    ),
  ];
  return { options: chart, data };
}
