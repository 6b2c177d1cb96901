/** Which curves the charts of the shown runs have, and how they look. */
import type { MetricDefinition } from '../../server/protocol/catalogue/metrics';
import type { RunSummary } from '../../server/protocol/results';
import type { ChartSeries } from '../shared/chart/types';
import { ALL_METRICS, type MetricKey, metricKey, metricValue } from '../shared/metrics';
import type { Shown } from './exports';
import { type Curve, columnName } from './metricsTable';

export interface RunSeries extends ChartSeries {
  /** Of the table of metrics. */
  readonly column: string;
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
const TRAINING_DASH = [3, 3];
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

interface CurveKind {
  readonly curve: Curve;
  readonly label: string;
  readonly kind: 'step' | 'train' | 'test';
  readonly isFurther: boolean;
}

/** The curves of one metric of a run. Losses of single steps are kept, other metrics only told while a run is on its way. */
function curvesOf(metric: Metric, shown: Shown, isFurther: boolean): readonly CurveKind[] {
  const { name, title } = metric;
  const isNew = shown.metrics.epochs.length === 0;
  const hasTraining = isNew || hasValue(shown, metricKey('train', name));
  const hasSteps = name === 'loss' || (hasTraining && shown.summary.state === 'running');
  const named = (what: string) => (isFurther ? `${what} ${title}` : what);
  const curve = (kind: CurveKind['kind'], label: string): CurveKind => ({
    kind,
    label: named(label),
    curve: metricKey(kind, name),
    isFurther,
  });
  return [
    ...(hasSteps ? [curve('step', name === 'loss' ? 'each step' : 'epoch so far')] : []),
    ...(hasTraining ? [curve('train', 'training')] : []),
    curve('test', 'test'),
  ];
}

function seriesOf(
  { run, label, masked }: RunSummary,
  color: string,
  { curve, kind, isFurther, label: what }: CurveKind,
) {
  const isStep = kind === 'step';
  const dash =
    kind === 'train' ? TRAINING_DASH : isStep ? undefined : isFurther ? FURTHER_DASH : masked ? undefined : DENSE_DASH;
  return {
    column: columnName(run, curve),
    label: `${label}: ${what}`,
    color: isStep ? `${color}66` : color,
    width: isStep ? 1 : 2,
    points: !isStep,
    ...(dash && { dash }),
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
