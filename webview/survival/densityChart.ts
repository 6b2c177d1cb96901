/** A plane of counts as a picture: darker where there are more weights, with a line for the mean of each column. */
import uPlot from 'uplot';
import type { DensityPlane } from '../../server/protocol/survival';
import { element } from '../shared/elements';
import type { Colors } from './colors';

export interface DensityOptions {
  readonly plane: DensityPlane;
  readonly width: number;
  readonly colors: Colors;
}

const HEIGHT = 240;
const LABEL_FONT = '12px system-ui, sans-serif';
/** Share of the full color that a single weight has. */
const FAINTEST = 0.1;

const binWidth = ({ low, high, bins }: DensityPlane['x']) => (high - low) / bins;
const middleOf = (axis: DensityPlane['x'], bin: number) => axis.low + (bin + 0.5) * binWidth(axis);

/** Fills the cells on the scale of logarithms, since survivors are few. */
function drawCells({ x, y, counts }: DensityPlane, color: string) {
  const most = Math.log(1 + counts.reduce((largest, count) => Math.max(largest, count), 1));
  return (plot: uPlot) => {
    const { ctx } = plot;
    ctx.save();
    ctx.fillStyle = color;
    for (let column = 0; column < x.bins; column++) {
      const left = Math.round(plot.valToPos(x.low + column * binWidth(x), 'x', true));
      const right = Math.round(plot.valToPos(x.low + (column + 1) * binWidth(x), 'x', true));
      for (let row = 0; row < y.bins; row++) {
        const count = counts[column * y.bins + row];
        if (count === 0) continue;
        const top = Math.round(plot.valToPos(y.low + (row + 1) * binWidth(y), 'y', true));
        const bottom = Math.round(plot.valToPos(y.low + row * binWidth(y), 'y', true));
        ctx.globalAlpha = FAINTEST + (1 - FAINTEST) * (Math.log(1 + count) / most);
        ctx.fillRect(left, top, right - left, bottom - top);
      }
    }
    ctx.restore();
  };
}

/** The cell under the pointer in words. */
function describeCell({ x, y, counts, means }: DensityPlane, xValue: number, yValue: number): string {
  const column = Math.min(Math.max(Math.floor((xValue - x.low) / binWidth(x)), 0), x.bins - 1);
  const row = Math.min(Math.max(Math.floor((yValue - y.low) / binWidth(y)), 0), y.bins - 1);
  const count = counts[column * y.bins + row];
  const place = `${x.title} ${format(middleOf(x, column))}, ${y.title} ${format(middleOf(y, row))}`;
  const mean = means[column];
  return `${place}: ${count} ${count === 1 ? 'weight' : 'weights'}${mean === null ? '' : `, mean ${format(mean)}`}`;
}

const format = (value: number) => String(Number(value.toPrecision(3)));

export interface DensityChart {
  readonly root: HTMLElement;
  destroy(): void;
}

export function createDensityChart({ plane, width, colors }: DensityOptions): DensityChart {
  const { title, x, y, means, rankCorrelation, isOfSize = false } = plane;
  const axis = {
    stroke: colors.text,
    grid: { stroke: colors.grid },
    ticks: { stroke: colors.grid },
    labelFont: LABEL_FONT,
    labelSize: 22,
  };
  const readout = element('p', { class: 'readout' });
  const plot = new uPlot(
    {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: false, range: () => [x.low, x.high] }, y: { range: () => [y.low, y.high] } },
      axes: [
        { ...axis, label: x.title, size: 34, space: 34 },
        { ...axis, label: y.title, size: 46 },
      ],
      series: [{}, { label: 'mean', stroke: colors.mean, width: 2, points: { show: false }, spanGaps: true }],
      hooks: {
        drawAxes: [drawCells(plane, colors.heat)],
        setCursor: [
          ({ cursor, posToVal }) => {
            const { left = -1, top = -1 } = cursor;
            readout.textContent = left < 0 ? '' : describeCell(plane, posToVal(left, 'x'), posToVal(top, 'y'));
          },
        ],
      },
    },
    [means.map((_, column) => middleOf(x, column)), [...means]],
    document.createElement('div'),
  );
  const correlation = `rank correlation ${isOfSize ? 'of its size ' : ''}${rankCorrelation.toFixed(3)}`;
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', `${title}: ${y.title} against ${x.title}, ${correlation}`);
  const caption = element('figcaption', {}, title, ' ', element('span', { class: 'quiet' }, correlation));
  const root = element('figure', { class: 'plane' }, caption, plot.root, readout);
  root.style.width = `${width}px`;
  return { root, destroy: () => plot.destroy() };
}
