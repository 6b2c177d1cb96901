/** Which curves the charts of the shown runs have, and how they look. */
import type { MetricDefinition } from '../../server/protocol/catalogue/metrics';
import type { RunSummary } from '../../server/protocol/results';
import type { ChartSeries } from '../shared/chart/types';
import { ALL_METRICS, type MetricKey, metricKey, metricValue, stepValue } from '../shared/metrics';
import type { Shown } from './exports';
import { type Curve, columnName } from './metricsTable';

export interface RunSeries extends ChartSeries {
  /** Of the table of metrics. */
  readonly column: string;
  /** It is drawn smoothed. */
  readonly isSmooth?: true;
}

export interface RunChart {
  readonly title: string;
  /** Of the values. */
  readonly metric: MetricDefinition;
  readonly series: readonly RunSeries[];
}

type Metric = (typeof ALL_METRICS)[number];

/** Runs without a mask are what the others are measured by, so they look different. */
const DENSE_DASH = [7, 4];
const TRAINING_DASH = [2, 3];
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
  color: string,
  { curve, kind, isFurther, label: what }: CurveKind,
) {
  const { opacity, width } = LOOKS[kind];
  const testDash = isFurther ? FURTHER_DASH : masked ? undefined : DENSE_DASH;
  const dash = { step: undefined, smooth: undefined, train: TRAINING_DASH, test: testDash }[kind];
  return {
    column: columnName(run, curve),
    label: `${label}: ${what}`,
    color: `${color}${opacity}`,
    width,
    points: kind === 'train' || kind === 'test',
    ...(dash && { dash }),
    ...(kind === 'smooth' && { isSmooth: true as const }),
  };
}

const capitalized = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** A chart for each metric that is a plain number, and one for all that are fractions, by the name of the first of them. */
export function runCharts(runs: readonly Shown[], colors: ReadonlyMap<string, string>): readonly RunChart[] {
  const present = ALL_METRICS.filter((metric) => runs.some((run) => metricsOfRun(run).includes(metric)));
  const fractions = present.filter(({ format }) => format === 'percent');
  const groups = [
    ...present.filter(({ format }) => format === 'number').map((metric) => [metric]),
    ...(fractions.length > 0 ? [fractions] : []),
  ];
  return groups.map((group) => ({
    title: capitalized(group[0].title),
    metric: group[0],
    series: runs.flatMap((shown) =>
      group
        .filter((metric) => metricsOfRun(shown).includes(metric))
        .flatMap((metric) => curvesOf(metric, shown, metric !== group[0]))
        .map((curve) => seriesOf(shown.summary, colors.get(shown.summary.run)!, curve)),
    ),
  }));
}
