/** A metric over sparsity: a line a method through the means, a band of one standard deviation, dense as a level. */
import { DENSE } from '../../../server/protocol/comparison';
import { exactPercent } from '../format';
import type { ChartAxis } from './axis';
import type { ChartData, ChartOptions, ChartSeries } from './types';

/** What a method reaches at a sparsity. */
export interface SparsityPoint {
  readonly method: string;
  readonly sparsity: number;
  readonly mean: number;
  /** 0 for a single run. */
  readonly deviation: number;
}

export interface SparsityCurves {
  /** Percentages of the weights that stay, ascending. */
  readonly densities: readonly number[];
  /** A line a method, null where it has no run: mean, and it plus and minus the deviation. */
  readonly methods: readonly {
    readonly method: string;
    readonly mean: readonly (number | null)[];
    readonly upper: readonly (number | null)[];
    readonly lower: readonly (number | null)[];
  }[];
}

/** The points as curves. The dense network is a level line across all sparsities. */
export function curvesOverSparsity(points: readonly SparsityPoint[]): SparsityCurves {
  const densityOf = (sparsity: number) => Number((100 * (1 - sparsity)).toFixed(6));
  const pruned = points.filter(({ method }) => method !== DENSE);
  const densities = [...new Set(pruned.map(({ sparsity }) => densityOf(sparsity)))].sort((a, b) => a - b);
  const methods = [...new Set(points.map(({ method }) => method))];
  return {
    densities,
    methods: methods.map((method) => {
      const found = densities.map((density) =>
        points.find((point) => point.method === method && (method === DENSE || densityOf(point.sparsity) === density)),
      );
      const at = (sign: number) => found.map((point) => (point ? point.mean + sign * point.deviation : null));
      return { method, mean: at(0), upper: at(1), lower: at(-1) };
    }),
  };
}

export interface OverSparsityOptions {
  readonly curves: SparsityCurves;
  /** Of the x axis. */
  readonly label: string;
  readonly log: boolean;
  /** Room left and right of the outermost densities on the axis, as a factor. */
  readonly room: number;
  /** Highest density that the axis reaches, in percent. */
  readonly most?: number;
  /** How a method is drawn: dense as a level, numbers that were not measured here more faintly. */
  lineOf(method: string): Omit<ChartSeries, 'edge'> & { readonly band: string };
}

/** The parts of a chart that are alike wherever a metric is shown over sparsity. */
export function overSparsity(options: OverSparsityOptions): Pick<ChartOptions, 'x' | 'series' | 'bands'> & {
  readonly data: ChartData;
} {
  const { curves, label, log, room, most = Number.POSITIVE_INFINITY, lineOf } = options;
  const { densities, methods } = curves;
  const range: readonly [number, number] | undefined =
    densities.length > 0 ? [densities[0] / room, Math.min(most, densities[densities.length - 1] * room)] : undefined;
  const x: ChartAxis = {
    label,
    log,
    reversed: true,
    marks: densities,
    ...(range && { range }),
    // The axis holds what stays, in percent, as only that has a logarithm that spreads the high sparsities.
    format: (density) => exactPercent(1 - density / 100),
  };
  const lines = methods.map(({ method }) => lineOf(method));
  // The level of the dense network goes from edge to edge.
  const widened = (values: readonly (number | null)[], isLevel: boolean) =>
    range ? [isLevel ? values[0] : null, ...values, isLevel ? values[0] : null] : [...values];
  const means = methods.map(({ method, mean }) => widened(mean, method === DENSE));
  const told = (mean: readonly (number | null)[], method: string, at: number | undefined) =>
    (method === DENSE ? mean[0] : at === undefined ? undefined : mean[at]) ?? undefined;
  return {
    x,
    series: lines.flatMap(({ band: _, ...line }, method) => [
      // A mean belongs to its sparsity, so without a place there is none to tell, but for the level of the dense network.
      { ...line, valueAt: (at) => told(means[method], methods[method].method, at) },
      { label: `${line.label} upper`, color: line.color, edge: true },
      { label: `${line.label} lower`, color: line.color, edge: true },
    ]),
    bands: lines.map(({ band }, at) => ({ upper: 3 * at + 1, lower: 3 * at + 2, color: band })),
    data: [
      range ? [range[0], ...densities, range[1]] : [],
      ...methods.flatMap(({ method, upper, lower }, at) => [
        means[at],
        ...[upper, lower].map((values) => widened(values, method === DENSE)),
      ]),
    ],
  };
}
