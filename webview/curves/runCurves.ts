/** Which curves the charts of the shown runs have, and how they look. */
import type { MetricDefinition } from '../../server/protocol/catalogue/metrics';
import type { RunSummary } from '../../server/protocol/results';
import type { ChartOptions, ChartSeries } from '../shared/chart/types';
import {
  ALL_METRICS,
  type MetricKey,
  metricKey,
  metricText,
  metricValue,
  stepValue,
  tickText,
} from '../shared/metrics';
import type { Shown } from './exports';
import { groupColumn, type RunGroup } from './groups';
import { type Curve, columnName } from './metricsTable';
import type { CurveSplits } from './options';

export interface RunSeries extends ChartSeries {
  /** Of the table of metrics, and the run or the group that it belongs to. */
  readonly column: string;
  readonly owner: string;
  /** It is drawn smoothed. */
  readonly isSmooth?: true;
}

/** How values of a chart are written. */
export interface ValueFormat {
  /** Plain numbers can have a logarithmic axis. */
  readonly format: MetricDefinition['format'];
  /** A place on the axis, and a value that was measured. */
  tick(value: number): string;
  tell(value: number): string;
}

export interface RunChart {
  readonly title: string;
  readonly values: ValueFormat;
  readonly series: readonly RunSeries[];
  /** Between the deviations of groups, as in {@link ChartOptions}. */
  readonly bands?: ChartOptions['bands'];
}

/** What of the runs is drawn, and how. */
export interface DrawnCurves {
  readonly colors: ReadonlyMap<string, string>;
  readonly splits: CurveSplits;
  /** Folder of the run that others are held against. */
  readonly baseline?: string;
  /** Runs that are drawn as one, by color; they have no curves of their own. */
  readonly groups?: readonly { readonly group: RunGroup; readonly color: string }[];
}

type Metric = (typeof ALL_METRICS)[number];

/** Runs without a mask are what the others are measured by, so they look different. */
const DENSE_DASH = [7, 4];
const TRAINING_DASH = [2, 3];
/** Of the baseline's test curve, in pixels. */
const BASELINE_WIDTH = 3;
/** Of further metrics beside the first one of the same run, which has its color. */
const FURTHER_DASH = [9, 3, 2, 3];

function hasValue({ summary, metrics }: Shown, key: MetricKey): boolean {
  return [summary, ...metrics.epochs].some((one) => metricValue(one, key) !== undefined);
}

/** The metrics of a run; before its first epoch is over, the loss is all that is sure. */
function metricsOfRun(shown: Shown): readonly Metric[] {
  const isNew = shown.metrics.epochs.length === 0;
  return ALL_METRICS.filter(({ name }) => hasValue(shown, metricKey('test', name)) || (isNew && name === 'loss'));
}

/** Single steps lie behind; the line through them is thinner than those of whole epochs. Opacities are hexadecimal. */
const LOOKS: { readonly [Kind in CurveKind['kind']]: { readonly opacity: string; readonly width: number } } = {
  step: { opacity: '4d', width: 1 },
  smooth: { opacity: 'b3', width: 1.25 },
  train: { opacity: '', width: 2 },
  test: { opacity: '', width: 2 },
};

/** The kinds of curves that belong to what is to be drawn. */
const SHOWN_KINDS: { readonly [Splits in CurveSplits]: readonly CurveKind['kind'][] } = {
  both: ['step', 'smooth', 'train', 'test'],
  train: ['step', 'smooth', 'train'],
  test: ['test'],
};

interface CurveKind {
  readonly curve: Curve;
  readonly label: string;
  readonly kind: 'step' | 'smooth' | 'train' | 'test';
  readonly isFurther: boolean;
}

/** Whether single steps have the metric; older runs have their losses alone. */
function hasSteps({ metrics: { steps } }: Shown, name: Metric['name']): boolean {
  return [steps.at(0), steps.at(-1)].some((step) => step && stepValue(step, name) !== undefined);
}

/** The curves of one metric of a run. */
function curvesOf(metric: Metric, shown: Shown, isFurther: boolean): readonly CurveKind[] {
  const { name, title } = metric;
  const isNew = shown.metrics.epochs.length === 0;
  const hasTraining = isNew || hasValue(shown, metricKey('train', name));
  const named = (what: string) => (isFurther ? `${what} ${title}` : what);
  const curve = (kind: CurveKind['kind'], label: string): CurveKind => ({
    kind,
    label: named(label),
    curve: metricKey(kind === 'smooth' ? 'step' : kind, name),
    isFurther,
  });
  return [
    ...(hasSteps(shown, name) ? [curve('step', 'each step'), curve('smooth', 'steps, smoothed')] : []),
    ...(hasTraining ? [curve('train', 'training')] : []),
    curve('test', 'test'),
  ];
}

function seriesOf(
  { run, label, masked }: RunSummary,
  { colors, baseline }: DrawnCurves,
  { curve, kind, isFurther, label: what }: CurveKind,
) {
  const { opacity, width: usual } = LOOKS[kind];
  const color = colors.get(run)!;
  const width = run === baseline && kind === 'test' ? BASELINE_WIDTH : usual;
  const testDash = isFurther ? FURTHER_DASH : masked ? undefined : DENSE_DASH;
  const dash = { step: undefined, smooth: undefined, train: TRAINING_DASH, test: testDash }[kind];
  return {
    column: columnName(run, curve),
    owner: run,
    label: `${label}: ${what}`,
    color: `${color}${opacity}`,
    width,
    points: kind === 'train' || kind === 'test',
    ...(dash && { dash }),
    ...(kind === 'smooth' && { isSmooth: true as const }),
  };
}

const valuesOf = (metric: MetricDefinition): ValueFormat => ({
  format: metric.format,
  tick: (value) => tickText(metric, value),
  tell: (value) => metricText(metric, value),
});

const capitalized = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** The mean of a group in one metric, with the edges of its band; single steps have none. */
function groupSeries(
  { key, title, runs }: RunGroup,
  color: string,
  metric: Metric,
  isFurther: boolean,
  splits: CurveSplits,
): readonly RunSeries[] {
  const shown = (['train', 'test'] as const).filter(
    (split) => SHOWN_KINDS[splits].includes(split) && runs.some((run) => hasValue(run, metricKey(split, metric.name))),
  );
  return shown.flatMap((split) => {
    const curve = metricKey(split, metric.name);
    const what = { train: 'training', test: 'test' }[split];
    const dash = split === 'train' ? TRAINING_DASH : isFurther ? FURTHER_DASH : undefined;
    const label = `${title}: ${isFurther ? `${what} ${metric.title}` : what}`;
    const edge = (part: 'upper' | 'lower') => ({
      column: groupColumn(key, curve, part),
      owner: key,
      label: `${label} ${part}`,
      color,
      edge: true,
    });
    const column = groupColumn(key, curve, 'mean');
    const line = { column, owner: key, label, color, width: 2, ...(dash && { dash }) };
    return [line, edge('upper'), edge('lower')];
  });
}

/** Bands between the edges among the series. */
function bandsOf(series: readonly RunSeries[]): NonNullable<ChartOptions['bands']> {
  return series.flatMap(({ edge, color }, at) =>
    edge && series[at + 1]?.edge ? [{ upper: at, lower: at + 1, color: `${color}33` }] : [],
  );
}

/** A chart for each metric that is a plain number, and one for all that are fractions, by the name of the first of them. */
export function runCharts(runs: readonly Shown[], drawn: DrawnCurves): readonly RunChart[] {
  const { splits, groups = [] } = drawn;
  const grouped = new Set(groups.flatMap(({ group }) => group.runs));
  const present = ALL_METRICS.filter((metric) => runs.some((run) => metricsOfRun(run).includes(metric)));
  const fractions = present.filter(({ format }) => format === 'percent');
  const charts = [
    ...present.filter(({ format }) => format === 'number').map((metric) => [metric]),
    ...(fractions.length > 0 ? [fractions] : []),
  ];
  return charts.map((metrics) => {
    const [first] = metrics;
    const ofRuns = runs
      .filter((run) => !grouped.has(run))
      .flatMap((shown) =>
        metrics
          .filter((metric) => metricsOfRun(shown).includes(metric))
          .flatMap((metric) => curvesOf(metric, shown, metric !== first))
          .filter(({ kind }) => SHOWN_KINDS[splits].includes(kind))
          .map((curve) => seriesOf(shown.summary, drawn, curve)),
      );
    const ofGroups = groups.flatMap(({ group, color }) =>
      metrics.flatMap((metric) => groupSeries(group, color, metric, metric !== first, splits)),
    );
    const series = [...ofGroups, ...ofRuns];
    return { title: capitalized(first.title), values: valuesOf(first), series, bands: bandsOf(series) };
  });
}
