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
}

const ROW = 22;
const NAMES = 170;
const WIDTH = 560;
/** Height of the labels of the axis. */
const AXIS = 26;
/** Most labels on the axis. */
const MOST_LABELS = 8;

/** Whole powers of ten around all positive values. */
function decadesOf(rows: readonly DotRow[]): { readonly low: number; readonly high: number } {
  const logarithms = rows
    .flatMap(({ values }) => values)
    .filter((value) => value > 0)
    .map(Math.log10);
  const low = Math.floor(Math.min(...logarithms));
  return { low, high: Math.max(Math.ceil(Math.max(...logarithms)), low + 1) };
}

/** Some value has to be positive. */
export function dotRows({ title, rows, colors }: DotRowsOptions): SVGElement {
  const { low, high } = decadesOf(rows);
  const place = (logarithm: number) => NAMES + ((logarithm - low) / (high - low)) * (WIDTH - NAMES - 20);
  const height = ROW * rows.length + AXIS;
  const step = Math.max(1, Math.ceil((high - low) / MOST_LABELS));
  const decades = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, at) => low + at * step);
  const axis = decades.flatMap((decade) => {
    const x = place(decade);
    return [
      svgElement('line', { x1: x, x2: x, y1: 0, y2: height - AXIS + 4, stroke: 'var(--grid)' }),
      svgElement('text', { x, y: height - 6, 'text-anchor': 'middle' }, `1e${decade}`),
    ];
  });
  const drawn = rows.flatMap(({ name, values }, at) => {
    const y = ROW * (at + 0.5);
    const dots = values.flatMap((value, kind) =>
      value > 0 ? [svgElement('circle', { cx: place(Math.log10(value)), cy: y, r: 5, fill: colors[kind] })] : [],
    );
    return [svgElement('text', { x: NAMES - 10, y: y + 4, 'text-anchor': 'end' }, name), ...dots];
  });
  const size = { viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, 'font-size': 12, fill: 'var(--text)' };
  return svgElement('svg', { ...size, role: 'img', 'aria-label': title }, ...axis, ...drawn);
}
