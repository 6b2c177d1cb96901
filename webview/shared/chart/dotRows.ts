/** Dots on a logarithmic axis, a row a name: a chart of vectors, for many names that want to be read. */
import { svgElement } from '../elements';

export interface DotRow {
  readonly name: string;
  /** One a kind; what is not positive has no dot. */
  readonly values: readonly number[];
}

export interface DotRowsOptions {
  /** Says what the chart shows, to screen readers. */
  readonly title: string;
  readonly rows: readonly DotRow[];
  /** Of the kinds of values. */
  readonly colors: readonly string[];
  /** Room for it, in pixels. */
  readonly width: number;
}

const ROW = 22;
/** Of a name that stands above its dots. */
const NAME_ROW = 18;
const MOST_WIDTH = 560;
const FONT_SIZE = 12;
/** Of a character of a name, on average; a little more than most fonts have. */
const CHARACTER = 0.58 * FONT_SIZE;
/** Left and right of the axis, for half a label. */
const EDGE = 20;
/** Height of the labels of the axis. */
const AXIS = 26;
/** Least distance of two labels on the axis. */
const LABEL_ROOM = 40;

/** Whole powers of ten around all positive values. */
function decadesOf(rows: readonly DotRow[]): { readonly low: number; readonly high: number } {
  const logarithms = rows
    .flatMap(({ values }) => values)
    .filter((value) => value > 0)
    .map(Math.log10);
  const low = Math.floor(Math.min(...logarithms));
  return { low, high: Math.max(Math.ceil(Math.max(...logarithms)), low + 1) };
}

/** Where names are: left of their dots, or above them where they would take half of the width. */
function placeNames(rows: readonly DotRow[], width: number) {
  const longest = CHARACTER * Math.max(...rows.map(({ name }) => name.length));
  const areAbove = longest + EDGE > width / 2;
  return { areAbove, left: areAbove ? EDGE : longest + EDGE, row: areAbove ? ROW + NAME_ROW : ROW };
}

/** Some value has to be positive. */
export function dotRows({ title, rows, colors, width: room }: DotRowsOptions): SVGElement {
  const width = Math.min(MOST_WIDTH, room);
  const { low, high } = decadesOf(rows);
  const { areAbove, left, row } = placeNames(rows, width);
  const axisWidth = width - left - EDGE;
  const place = (logarithm: number) => left + ((logarithm - low) / (high - low)) * axisWidth;
  const height = row * rows.length + AXIS;
  const step = Math.max(1, Math.ceil(((high - low) * LABEL_ROOM) / axisWidth));
  const decades = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, at) => low + at * step);
  const axis = decades.flatMap((decade) => {
    const x = place(decade);
    return [
      svgElement('line', { x1: x, x2: x, y1: 0, y2: height - AXIS + 4, stroke: 'var(--grid)' }),
      svgElement('text', { x, y: height - 6, 'text-anchor': 'middle' }, `1e${decade}`),
    ];
  });
  const drawn = rows.flatMap(({ name, values }, at) => {
    const y = row * (at + 1) - ROW / 2;
    const dots = values.flatMap((value, kind) =>
      value > 0 ? [svgElement('circle', { cx: place(Math.log10(value)), cy: y, r: 5, fill: colors[kind] })] : [],
    );
    const anchor = areAbove ? 'start' : 'end';
    const label = { x: areAbove ? 0 : left - EDGE / 2, y: areAbove ? y - ROW / 2 : y + 4, 'text-anchor': anchor };
    return [svgElement('text', label, name), ...dots];
  });
  const size = { viewBox: `0 0 ${width} ${height}`, width, 'font-size': FONT_SIZE, fill: 'var(--text)' };
  return svgElement('svg', { ...size, role: 'img', 'aria-label': title }, ...axis, ...drawn);
}
