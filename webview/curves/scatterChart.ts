/** Any result of runs against any of their settings: a point a run. */
import type { RunRow } from '../../server/protocol/runTable/row';
import type { ChartAxis } from '../shared/chart/axis';
import type { ChartData, ChartOptions } from '../shared/chart/types';
import { colorGroups, type Dimension, type Scale, scaleFor } from './plane';

const HEIGHT = 380;
const POINT = 8;

export interface Scatter {
  /** Without what is done with points. */
  readonly options: ChartOptions;
  readonly data: ChartData;
  /** The runs in the order of the data's places. */
  readonly rows: readonly RunRow[];
}

export interface ScatterOptions {
  readonly rows: readonly RunRow[];
  readonly x: Dimension;
  readonly y: Dimension;
  readonly color: Dimension;
  readonly colors: readonly string[];
}

function axisOf({ title }: Dimension, { words, format }: Scale, places: readonly number[]): ChartAxis {
  if (words) {
    const marks = words.map((_, at) => at);
    return { label: title, marks, tilted: words.length > 4, range: [-0.5, words.length - 0.5], format };
  }
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const room = high > low ? 0.05 * (high - low) : Math.max(Math.abs(low), 1) * 0.05;
  return { label: title, ...(places.length > 0 && { range: [low - room, high + room] }), format };
}

/** Runs that lack one of the two have no point. */
export function scatterChart({ rows, x, y, color, colors }: ScatterOptions): Scatter {
  const [xScale, yScale] = [scaleFor(x, rows), scaleFor(y, rows)];
  const points = rows
    .flatMap((row) => {
      const [across, up] = [xScale.placeOf(row), yScale.placeOf(row)];
      return across === undefined || up === undefined ? [] : [{ row, across, up }];
    })
    .sort((a, b) => a.across - b.across);
  const groups = colorGroups(
    color,
    points.map(({ row }) => row),
  );
  const across = points.map((point) => point.across);
  const up = points.map((point) => point.up);
  return {
    options: {
      title: `${y.title} against ${x.title}`,
      x: axisOf(x, xScale, across),
      y: { ...axisOf(y, yScale, up), tilted: false },
      series: groups.map(({ title }, at) => ({
        label: title,
        color: colors[at % colors.length],
        width: 0,
        points: POINT,
        valueAt: () => undefined,
      })),
      height: HEIGHT,
    },
    data: [
      across,
      ...groups.map(({ rows: members }) => points.map((point) => (members.includes(point.row) ? point.up : null))),
    ],
    rows: points.map(({ row }) => row),
  };
}
