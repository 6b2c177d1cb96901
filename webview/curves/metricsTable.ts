/** Curves of several runs over one shared axis, kept so that a new value is put in without building anything anew. */
import type { MaskChange } from '../../server/protocol/comparison';
import type { RunMetrics, StepValues } from '../../server/protocol/results';
import type { ChartData } from '../shared/chart/types';
import {
  ALL_METRICS,
  METRIC_KEYS,
  type MetricKey,
  metricKey,
  metricValue,
  newsValue,
  stepValue,
  type TrainingNews,
} from '../shared/metrics';

/** How masks change: the part of the kept weights that came with the change, and how many weights are kept after it. */
export type MaskCurve = 'maskReplaced' | 'maskKept';

/** A curve of one run: a metric of single steps, or of the epochs of a split, or of its masks. It names a column of the table. */
export type Curve = MetricKey<'step' | 'train' | 'test'> | MaskCurve;

/** One axis of places (in epochs) and a column of values a curve; absent values are null. */
export interface MetricsTable {
  readonly places: number[];
  readonly columns: Map<string, (number | null)[]>;
}

export function columnName(run: string, curve: Curve): string {
  return `${curve} ${run}`;
}

export function emptyTable(): MetricsTable {
  return { places: [], columns: new Map() };
}

/** A table to add to, which leaves the first one as it is. */
export function copyOf({ places, columns }: MetricsTable): MetricsTable {
  return { places: [...places], columns: new Map([...columns].map(([name, values]) => [name, [...values]])) };
}

/** Index of the first place that is not before `place`. The end is looked at first: news come in order. */
function indexOf(places: readonly number[], place: number): number {
  if (places.length === 0 || places[places.length - 1] < place) return places.length;
  let [low, high] = [0, places.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts one value in: at the end in constant time, between others by moving what follows. */
export function addValue(table: MetricsTable, column: string, place: number, value: number): void {
  const { places, columns } = table;
  const at = indexOf(places, place);
  if (places[at] !== place) {
    places.splice(at, 0, place);
    for (const values of columns.values()) values.splice(at, 0, null);
  }
  let values = columns.get(column);
  if (!values) {
    values = new Array<number | null>(places.length).fill(null);
    columns.set(column, values);
  }
  values[at] = value;
}

/** How many steps an epoch has: what was told, else the most that were seen. */
const epochLength = ({ steps }: RunMetrics, told = 1) => steps.reduce((found, { step }) => Math.max(found, step), told);

/** Places of step losses in epochs: step 5 of 10 in epoch 3 lies at 2.5. */
function stepPlaces(metrics: RunMetrics, told?: number): (step: RunMetrics['steps'][number]) => number {
  const most = epochLength(metrics, told);
  return ({ epoch, step }) => epoch - 1 + step / most;
}

/** The place of a change of masks in epochs; within its own epoch, also where the length of epochs is a guess. */
function changePlace({ epoch, step }: MaskChange, epochSteps: number): number {
  return Math.min(epoch, Math.max(epoch - 1, step / epochSteps));
}

/** What a change of masks has, by curve. */
function changeValues({ kept, grown }: MaskChange): readonly (readonly [MaskCurve, number])[] {
  return [
    ['maskReplaced', kept === 0 ? 0 : grown / kept],
    ['maskKept', kept],
  ];
}

/** What a step had, by curve. */
function stepValues(step: StepValues): readonly (readonly [Curve, number])[] {
  return ALL_METRICS.flatMap(({ name }) => {
    const value = stepValue(step, name);
    return value === undefined ? [] : [[metricKey('step', name), value] as const];
  });
}

/** A table of whole runs. `epochSteps`: how many steps an epoch has, by run, where that is known. */
export function tableOf(
  runs: readonly RunMetrics[],
  epochSteps: ReadonlyMap<string, number> = new Map(),
): MetricsTable {
  const points = runs.flatMap((metrics) => {
    const placeOf = stepPlaces(metrics, epochSteps.get(metrics.run));
    const { run, epochs, steps, maskChanges = [] } = metrics;
    const most = epochLength(metrics, epochSteps.get(run));
    return [
      ...maskChanges.flatMap((change) =>
        changeValues(change).map(([curve, value]) => ({
          place: changePlace(change, most),
          column: columnName(run, curve),
          value,
        })),
      ),
      ...steps.flatMap((step) =>
        stepValues(step).map(([curve, value]) => ({ place: placeOf(step), column: columnName(run, curve), value })),
      ),
      ...epochs.flatMap((epoch) =>
        METRIC_KEYS.flatMap(({ key }) => {
          const value = metricValue(epoch, key);
          return value === undefined ? [] : [{ place: epoch.epoch, column: columnName(run, key), value }];
        }),
      ),
    ];
  });
  points.sort((a, b) => a.place - b.place);
  const table = emptyTable();
  for (const { place, column, value } of points) addValue(table, column, place, value);
  return table;
}

/** Adds what a running job tells. `epochSteps`: how many steps an epoch has. */
export function addNews(table: MetricsTable, news: TrainingNews, epochSteps = 1): void {
  const { run, epoch, step, steps, stepLosses = [], maskChanges = [] } = news;
  const add = (curve: Curve, place: number, value: number | undefined) => {
    if (value !== undefined) addValue(table, columnName(run, curve), place, value);
  };
  if (step !== undefined && steps !== undefined) {
    // What a later reading of the run finds, not the means so far.
    for (const one of stepLosses)
      for (const [curve, value] of stepValues(one)) add(curve, epoch - 1 + one.step / steps, value);
    return;
  }
  for (const { split, name, key } of METRIC_KEYS) add(key, epoch, newsValue(news, split, name));
  for (const change of maskChanges)
    for (const [curve, value] of changeValues(change)) add(curve, changePlace(change, epochSteps), value);
}

/** Data of a chart of some columns, sharing the table's arrays. */
export function chartData(table: MetricsTable, columns: readonly string[]): ChartData {
  const absent = new Array<number | null>(table.places.length).fill(null);
  return [table.places, ...columns.map((column) => table.columns.get(column) ?? absent)];
}
