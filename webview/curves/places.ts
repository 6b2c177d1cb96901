/** Where values lie: tables hold their places in epochs, and charts may have steps or times. */
import type { RunMetrics } from '../../server/protocol/results';
import type { MetricsTable } from './metricsTable';
import type { CurveAxis } from './options';

/** From a place in epochs to that on the axis; undefined where nobody knows. */
export type PlaceOf = (epochs: number) => number | undefined;

/** How many steps an epoch of a run has: what it has told, else the most that were seen. */
function stepsOf({ steps }: RunMetrics, told: number | undefined): number | undefined {
  return told ?? steps.reduce<number | undefined>((most, { step }) => Math.max(most ?? 0, step), undefined);
}

/** Seconds since the run began; between the ends of two epochs, time goes evenly. */
function timeOf(epochSeconds: readonly number[], epochs: number): number | undefined {
  const whole = Math.floor(epochs);
  if (whole > epochSeconds.length || (whole === epochSeconds.length && epochs > whole)) return undefined;
  const before = epochSeconds.slice(0, whole).reduce((sum, seconds) => sum + seconds, 0);
  return epochs > whole ? before + (epochs - whole) * epochSeconds[whole] : before;
}

/** Places of one run on an axis. Undefined where the run does not tell what the axis needs. */
export function placesOf(axis: CurveAxis, metrics: RunMetrics, epochSteps?: number): PlaceOf | undefined {
  if (axis === 'epoch') return (epochs) => epochs;
  if (axis === 'time') {
    const { epochSeconds } = metrics;
    return epochSeconds && ((epochs) => timeOf(epochSeconds, epochs));
  }
  const steps = stepsOf(metrics, epochSteps);
  return steps === undefined ? undefined : (epochs) => Math.round(epochs * steps);
}

/** The mean of several runs' places, of those that know theirs. */
export function meanPlaces(members: readonly (PlaceOf | undefined)[]): PlaceOf | undefined {
  const known = members.filter((member) => member !== undefined);
  if (known.length === 0) return undefined;
  return (epochs) => {
    const places = known.map((place) => place(epochs)).filter((place) => place !== undefined);
    return places.length === 0 ? undefined : places.reduce((sum, place) => sum + place, 0) / places.length;
  };
}

/**
 * The columns of a table over another axis. What has no place there is left out.
 *
 * @param placesIn Of a column.
 */
export function relaid(
  table: MetricsTable,
  columns: readonly string[],
  placesIn: (column: string) => PlaceOf | undefined,
): MetricsTable {
  const points = columns.map((column) => {
    const placeOf = placesIn(column);
    const values = table.columns.get(column);
    if (!placeOf || !values) return [];
    return values.flatMap((value, at): (readonly [number, number])[] => {
      const place = value === null ? undefined : placeOf(table.places[at]);
      return value === null || place === undefined ? [] : [[place, value]];
    });
  });
  const places = [...new Set(points.flatMap((column) => column.map(([place]) => place)))].sort((a, b) => a - b);
  const indexOf = new Map(places.map((place, at) => [place, at]));
  const laid = points.map((column) => {
    const values = new Array<number | null>(places.length).fill(null);
    for (const [place, value] of column) values[indexOf.get(place)!] = value;
    return values;
  });
  return { places, columns: new Map(columns.map((column, at) => [column, laid[at]])) };
}
