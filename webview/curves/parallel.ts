/** Parallel coordinates: an axis a setting or result, a line a run. */
import type { RunRow } from '../../server/protocol/runTable/row';
import { svgElement } from '../shared/elements';
import type { Palette } from '../shared/theme';
import { type Dimension, scaleFor } from './plane';

export interface ParallelAxis {
  readonly title: string;
  /** Pixels from the left. */
  readonly x: number;
  /** Marks on it, in pixels from the top. */
  readonly marks: readonly { readonly y: number; readonly label: string }[];
}

export interface ParallelLine {
  readonly run: string;
  readonly label: string;
  readonly color: string;
  /** Undefined where the run has nothing on an axis: the line is broken there. */
  readonly points: readonly (readonly [x: number, y: number] | undefined)[];
}

export interface ParallelLayout {
  readonly width: number;
  readonly height: number;
  readonly axes: readonly ParallelAxis[];
  readonly lines: readonly ParallelLine[];
}

const TOP = 34;
const BOTTOM = 14;
const SIDE = 64;
const LEAST_GAP = 96;
/** Marks on an axis of numbers: its ends and between. */
const MARKS = 5;

/** The ends of an axis, and between them about as many numbers as there are marks, rounded to what can be told apart; whole ones between whole ends. */
function marksBetween(low: number, high: number): readonly number[] {
  const digits = Math.floor(Math.log10((high - low) / 40));
  const unit = 10 ** (Number.isInteger(low) && Number.isInteger(high) ? Math.max(0, digits) : digits);
  const between = Array.from({ length: MARKS - 2 }, (_, k) => {
    const place = low + ((k + 1) * (high - low)) / (MARKS - 1);
    return Number((Math.round(place / unit) * unit).toPrecision(12));
  });
  return [...new Set([low, ...(high > low ? between : []), high])];
}

/** Lays the runs out in a place `width` wide, wider where the axes need it. */
export function parallelLayout(
  rows: readonly (RunRow & { readonly color: string })[],
  dimensions: readonly Dimension[],
  place: { readonly width: number; readonly height: number },
): ParallelLayout {
  const gaps = Math.max(1, dimensions.length - 1);
  const width = Math.max(place.width, 2 * SIDE + LEAST_GAP * gaps);
  const { height } = place;
  const xOf = (at: number) => SIDE + (at * (width - 2 * SIDE)) / gaps;
  const scales = dimensions.map((dimension) => scaleFor(dimension, rows));
  const spans = scales.map(({ words, placeOf }) => {
    const places = rows.flatMap((row) => placeOf(row) ?? []);
    // A single word or value lies in the middle.
    return words ? [0, words.length - 1] : [Math.min(...places), Math.max(...places)];
  });
  const yOf = (at: number, value: number) => {
    const [low, high] = spans[at];
    const part = high > low ? (value - low) / (high - low) : 0.5;
    return height - BOTTOM - part * (height - TOP - BOTTOM);
  };
  const marksOf = (at: number) => {
    const [low, high] = spans[at];
    const { words } = scales[at];
    const values = words ? words.map((_, k) => k) : marksBetween(low, high);
    return values.map((value) => ({ y: yOf(at, value), label: scales[at].format(value) }));
  };
  return {
    width,
    height,
    axes: dimensions.map(({ title }, at) => ({ title, x: xOf(at), marks: marksOf(at) })),
    lines: rows.map((row) => ({
      run: row.run,
      label: row.label,
      color: row.color,
      points: scales.map(({ placeOf }, at) => {
        const value = placeOf(row);
        return value === undefined ? undefined : ([xOf(at), yOf(at, value)] as const);
      }),
    })),
  };
}

/** The path of a line, without what lies beside a missing value. */
export function pathOf(points: ParallelLine['points']): string {
  return points
    .flatMap((point, at) => {
      if (!point) return [];
      const isJoined = at > 0 && points[at - 1] !== undefined;
      return [`${isJoined ? 'L' : 'M'}${point[0].toFixed(1)} ${point[1].toFixed(1)}`];
    })
    .join('');
}

/** The layout as an SVG group; each line has its run in `data-run`. */
export function parallelSvg({ axes, lines, height }: ParallelLayout, palette: Palette): SVGElement {
  const text = { fill: palette.foreground, 'font-family': palette.font, 'font-size': 11 };
  const halo = { stroke: palette.background, 'stroke-width': 3, 'paint-order': 'stroke' };
  return svgElement(
    'g',
    {},
    ...lines.map(({ run, label, color, points }) =>
      svgElement(
        'path',
        {
          class: 'parallel-line',
          'data-run': run,
          d: pathOf(points),
          stroke: color,
          fill: 'none',
          'stroke-width': 1.5,
        },
        svgElement('title', {}, label),
      ),
    ),
    ...axes.flatMap(({ title, x, marks }) => [
      svgElement('line', { x1: x, x2: x, y1: TOP, y2: height - BOTTOM, stroke: palette.muted }),
      svgElement('text', { ...text, x, y: 14, 'text-anchor': 'middle', 'font-weight': 600 }, title),
      ...marks.map(({ y, label }) =>
        svgElement('text', { ...text, ...halo, x: x + 5, y: y + 4, fill: palette.foreground }, label),
      ),
    ]),
  );
}
