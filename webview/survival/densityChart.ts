/** A plane of counts as a picture: darker where there are more weights, with a line for the mean of each column. */
import type { DensityPlane } from '../../server/protocol/survival';
import { binMiddle, binOf } from '../shared/chart/heat';
import { createStillChart, type StillChart } from '../shared/chart/still';
import { element } from '../shared/elements';
import { coefficient } from '../shared/format';
import type { Colors } from './colors';

export interface DensityOptions {
  readonly plane: DensityPlane;
  readonly width: number;
  readonly colors: Colors;
}

const HEIGHT = 240;

const format = (value: number) => String(Number(value.toPrecision(3)));

/** The cell under the pointer in words. */
function describeCell(
  { x, y, counts, means }: DensityPlane,
  place: { readonly x: number; readonly y: number },
): string {
  const [column, row] = [binOf(x, place.x), binOf(y, place.y)];
  const count = counts[column * y.bins + row];
  const cell = `${x.title} ${format(binMiddle(x, column))}, ${y.title} ${format(binMiddle(y, row))}`;
  const mean = means[column];
  return `${cell}: ${count} ${count === 1 ? 'weight' : 'weights'}${mean === null ? '' : `, mean ${format(mean)}`}`;
}

export type DensityChart = Pick<StillChart, 'root' | 'destroy'>;

export function createDensityChart({ plane, width, colors }: DensityOptions): DensityChart {
  const { title, x, y, counts, means, rankCorrelation, isOfSize = false } = plane;
  const correlation = `rank correlation ${isOfSize ? 'of its size ' : ''}${coefficient(rankCorrelation)}`;
  const readout = element('p', { class: 'readout' });
  const { style } = colors;
  const chart = createStillChart({
    options: {
      title: `${title}: ${y.title} against ${x.title}, ${correlation}`,
      x: { label: x.title, range: [x.low, x.high], size: 34, space: 34, format: tickText },
      y: { label: y.title, range: [y.low, y.high], size: 46, format: tickText },
      series: [{ label: 'mean', color: colors.mean, width: 2 }],
      heat: { x, y, counts, color: colors.heat },
      height: HEIGHT,
      style: { ...style, axis: { ...style.axis, labelSize: 22 } },
    },
    data: [means.map((_, column) => binMiddle(x, column)), [...means]],
    width,
    onPoint(place) {
      readout.textContent = place ? describeCell(plane, place) : '';
    },
  });
  const caption = element('figcaption', {}, title, ' ', element('span', { class: 'quiet' }, correlation));
  const root = element('figure', { class: 'plane' }, caption, chart.root, readout);
  root.style.width = `${width}px`;
  return { root, destroy: chart.destroy };
}

/** As many digits as a tick has, without the rounding errors of steps. */
function tickText(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 }).format(Number(value.toPrecision(12)));
}
