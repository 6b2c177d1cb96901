/** Runs held against each other: which runs, and which of their settings and results lie on the axes. */
import { METRICS } from '../../server/protocol/catalogue/metrics';
import { RUN_COLUMNS, type RunColumn } from '../../server/protocol/runTable/columns';
import type { RunRow } from '../../server/protocol/runTable/row';
import { metricValueText } from '../../server/protocol/runTable/texts';
import { ALL_METRICS, metricKey, metricValue, splitTitle } from '../shared/metrics';

/** What is chosen of it; kept over a reload. */
export interface Plane {
  /** Runs are points over two axes, or lines over many. */
  readonly form: 'points' | 'lines';
  /** `shown` for those of the curves, `all`, or the folder of a comparison or sweep. */
  readonly runs: string;
  /** Keys of dimensions. */
  readonly x: string;
  readonly y: string;
  /** Runs that have the same in it have one color. */
  readonly color: string;
  /** Of parallel coordinates, in their order. */
  readonly axes: readonly string[];
}

export const FORMS: readonly { readonly value: Plane['form']; readonly label: string }[] = [
  { value: 'points', label: 'Scatter' },
  { value: 'lines', label: 'Parallel coordinates' },
];

export const ALL_RUNS = 'all';
export const SHOWN_RUNS = 'shown';

const FIRST: Plane = {
  form: 'points',
  runs: ALL_RUNS,
  x: 'sparsity',
  y: 'final',
  color: 'method',
  axes: ['method', 'sparsity', 'learningRate', 'seconds', 'final'],
};

export function keptPlane(kept: Partial<Plane> = {}): Plane {
  return { ...FIRST, ...kept };
}

/** Something that runs have, as an axis. */
export interface Dimension {
  readonly key: string;
  readonly title: string;
  valueOf(row: RunRow): string | number | undefined;
  format(value: string | number, row: RunRow | undefined): string;
  /** Whether training gives it; what is not, was chosen before. */
  readonly isMeasured: boolean;
}

const MEASURED = [
  'best',
  'bestEpoch',
  'final',
  'difference',
  'effectiveSparsity',
  'macs',
  'trainingMacs',
  'seconds',
  'finishedEpochs',
];
/** Columns that name a run, or are no value that runs have in common. */
const NO_AXES = ['label', 'started', 'commit', 'folder', 'notes', 'metric'];

function ofColumn(column: RunColumn): Dimension {
  return {
    key: column.key,
    title: column.title,
    valueOf: (row) => column.value(row),
    format: (value, row) =>
      column.kind === 'number'
        ? column.text(value as number, row?.metric)
        : (column.text?.(String(value)) ?? String(value)),
    isMeasured: MEASURED.includes(column.key),
  };
}

/** Metrics of the test data at the end; the one that runs are judged by is a column, too. */
const METRIC_DIMENSIONS: readonly Dimension[] = ALL_METRICS.filter(({ name }) => name !== METRICS.loss.name).map(
  (metric) => {
    const key = metricKey('test', metric.name);
    return {
      key,
      title: splitTitle('test', metric),
      valueOf: (row) => metricValue(row, key),
      format: (value) => metricValueText(Number(value), metric.name),
      isMeasured: true,
    };
  },
);

const DIMENSIONS: readonly Dimension[] = [
  ...RUN_COLUMNS.filter(({ key }) => !NO_AXES.includes(key)).map(ofColumn),
  ...METRIC_DIMENSIONS,
];

/** What any of the runs has. */
export function dimensionsOf(rows: readonly RunRow[]): readonly Dimension[] {
  return DIMENSIONS.filter((dimension) => rows.some((row) => dimension.valueOf(row) !== undefined));
}

/** The dimension of a key; the first where there is none of that key. */
export function dimensionOf(dimensions: readonly Dimension[], key: string): Dimension | undefined {
  return dimensions.find((one) => one.key === key) ?? dimensions.at(0);
}

/** Whether all values of it are numbers. */
export function isNumeric(dimension: Dimension, rows: readonly RunRow[]): boolean {
  return rows.every((row) => typeof (dimension.valueOf(row) ?? 0) === 'number');
}

/** The runs that are held against each other; archived ones are left out. */
export function planeRows({ runs }: Plane, rows: readonly RunRow[], shown: readonly string[]): readonly RunRow[] {
  return rows.filter(
    (row) =>
      !row.notes?.archived &&
      (runs === ALL_RUNS || (runs === SHOWN_RUNS ? shown.includes(row.run) : row.group === runs)),
  );
}

/** What can be chosen of the runs. */
export function runChoices(rows: readonly RunRow[]): readonly { readonly value: string; readonly label: string }[] {
  const groups = [...new Set(rows.flatMap(({ group }) => group ?? []))].sort();
  return [
    { value: ALL_RUNS, label: 'All runs' },
    { value: SHOWN_RUNS, label: 'Those of the curves' },
    ...groups.map((group) => ({ value: group, label: group })),
  ];
}

/** The places of values on an axis: numbers lie where they are, words one beside the other in their order. */
export interface Scale {
  /** Words, at their index; absent for numbers. */
  readonly words?: readonly string[];
  placeOf(row: RunRow): number | undefined;
  format(place: number): string;
}

export function scaleFor(dimension: Dimension, rows: readonly RunRow[]): Scale {
  if (isNumeric(dimension, rows)) {
    const row = rows.find((one) => dimension.valueOf(one) !== undefined);
    return {
      placeOf: (one) => dimension.valueOf(one) as number | undefined,
      format: (place) => dimension.format(place, row),
    };
  }
  const values = [...new Set(rows.flatMap((row) => dimension.valueOf(row) ?? []))].map(String).sort();
  return {
    words: values.map((value) => dimension.format(value, undefined)),
    placeOf(row) {
      const value = dimension.valueOf(row);
      return value === undefined ? undefined : values.indexOf(String(value));
    },
    format: (place) => (values[place] === undefined ? '' : dimension.format(values[place], undefined)),
  };
}

/** Runs of one color: what they have in common, and which they are. */
export interface ColorGroup {
  readonly title: string;
  readonly rows: readonly RunRow[];
}

/** The runs by what they have in a dimension, in the order of that. */
export function colorGroups(dimension: Dimension, rows: readonly RunRow[]): readonly ColorGroup[] {
  const { placeOf } = scaleFor(dimension, rows);
  const groups = new Map<number | undefined, RunRow[]>();
  for (const row of rows) {
    const place = placeOf(row);
    groups.set(place, [...(groups.get(place) ?? []), row]);
  }
  return [...groups]
    .sort(([a], [b]) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY))
    .map(([, members]) => {
      const value = dimension.valueOf(members[0]);
      return { title: value === undefined ? 'None' : dimension.format(value, members[0]), rows: members };
    });
}
