/** What is said of a place of a weight tensor: beside the pointer, and to screen readers. */
import { matrixIndex, type WeightDetail } from '../../server/protocol/results';
import type { Shape } from '../../server/protocol/tensor';
import { count, decimal, percent } from '../shared/format';
import type { Cells } from './colors';
import type { Viewport } from './viewport';

/** `3`, or `3–7` for several. */
function span(first: number, last: number): string {
  return first === last ? String(first) : `${first}–${last}`;
}

/** Indices of a cell: `out 12, in 5, kernel (0, 2)`, `out 12, in 40–43`. */
export function placeText(shape: Shape, cell: Viewport): string {
  const first = matrixIndex(shape, cell.row, cell.column).at;
  const last = matrixIndex(shape, cell.row + cell.rows - 1, cell.column + cell.columns - 1).at;
  if (shape.length !== 4) return `out ${span(first[1], last[1])}, in ${span(first[0], last[0])}`;
  const channels = `out ${span(first[3], last[3])}, in ${span(first[2], last[2])}`;
  const isOne = cell.rows === 1 && cell.columns === 1;
  return isOne ? `${channels}, kernel (${first[0]}, ${first[1]})` : channels;
}

/** What a cell holds, before any single weight is known. */
export function cellText(cell: Viewport, cells: Cells, at: number, titles: readonly [string, string]): string {
  const size = cell.rows * cell.columns;
  const density = cells.density[at] / 255;
  if (cells.both.length > 0) {
    const [first, second] = [density > 0, cells.other[at] > 0];
    if (size === 1) {
      if (first && second) return 'kept by both';
      return first ? `kept by ${titles[0]} only` : second ? `kept by ${titles[1]} only` : 'removed by both';
    }
    const parts = [density, cells.other[at] / 255, cells.both[at] / 255].map(percent);
    return `kept by ${titles[0]} ${parts[0]}, by ${titles[1]} ${parts[1]}, by both ${parts[2]} of ${count(size)}`;
  }
  return size === 1 ? (density > 0 ? 'kept' : 'removed') : `${percent(density)} of ${count(size)} weights kept`;
}

/** One weight: its score, its initial value and whether it stays. */
export function weightText({ score, initial, kept }: WeightDetail): string {
  return `score ${decimal(score)}, initial value ${decimal(initial)}, ${kept ? 'kept' : 'removed'}`;
}
