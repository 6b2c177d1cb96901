/** A plane of counts: the stronger a cell's color, the more there is in it, on the scale of logarithms. */
import type uPlot from 'uplot';

/** Values from `low` to `high` in evenly wide bins. */
interface Bins {
  readonly low: number;
  readonly high: number;
  readonly bins: number;
}

export interface Heat {
  readonly x: Bins;
  readonly y: Bins;
  /** Column by column, from low to high: `counts[column * y.bins + row]`. */
  readonly counts: readonly number[];
  readonly color: string;
}

/** Share of the full color that a single one has. */
const FAINTEST = 0.1;

export const binWidth = ({ low, high, bins }: Bins) => (high - low) / bins;
export const binMiddle = (axis: Bins, bin: number) => axis.low + (bin + 0.5) * binWidth(axis);
/** The bin of a value; that at the end where it lies beyond. */
export const binOf = (axis: Bins, value: number) =>
  Math.min(Math.max(Math.floor((value - axis.low) / binWidth(axis)), 0), axis.bins - 1);

/** Fills the cells on the plot's canvas. */
export function drawHeat({ x, y, counts, color }: Heat, plot: uPlot): void {
  const most = Math.log(1 + counts.reduce((largest, count) => Math.max(largest, count), 1));
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
}
