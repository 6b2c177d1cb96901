/** Tells what lies at a place of a tile, and of a single weight its numbers. */
import type { ServerRequests as Requests } from '../../server/protocol/editor';
import { matrixIndex, type WeightDetail } from '../../server/protocol/results';
import type { Shape } from '../../server/protocol/tensor';
import { latestOnly } from '../shared/latest';
import type { Cells } from './colors';
import { cellText, placeText, weightText } from './readout';
import { cellIn, type Place } from './tileDrawing';
import type { Painted } from './tilePainter';
import { cellAt, type Viewport } from './viewport';

export interface TileReaderOptions {
  readonly weight: string;
  readonly shape: Shape;
  painted(): Painted | undefined;
  askWeight(params: Requests['prunelens/weight']['params']): Promise<WeightDetail>;
  onFailure(error: unknown): void;
}

export interface TileReader {
  /** Says it in lines, of a single weight again when its numbers are there. */
  read(place: Place, say: (lines: readonly string[]) => void): void;
  /** Nothing is to be said any more. */
  stop(): void;
}

interface Reading {
  readonly lines: readonly string[];
  readonly cell: Viewport;
  say(lines: readonly string[]): void;
}

export function createTileReader(options: TileReaderOptions): TileReader {
  const { weight, shape, painted } = options;
  let wanted: Cells | undefined;
  const readWeight = latestOnly<Reading>(async ({ lines, cell, say }) => {
    const shown = painted();
    if (!shown) return;
    const { scoreId, sparsity } = shown.input;
    const { index } = matrixIndex(shape, cell.row, cell.column);
    const detail = await options.askWeight({ scoreId, weight, index, sparsity });
    if (wanted !== undefined && wanted === painted()?.cells) say([...lines, weightText(detail)]);
  }, options.onFailure);
  return {
    read(place, say) {
      const shown = painted();
      if (!shown) return;
      const { cells, view, input } = shown;
      const cell = cellAt(view, cells.height, cells.width, place.y, place.x);
      const at = cellIn(cells, place);
      const where = placeText(shape, cell);
      const isSingle = cell.rows * cell.columns === 1;
      const { title, other } = input;
      const held = cellText(cell, cells, at.y * cells.width + at.x, [title, other?.title ?? '']);
      say([where, held, ...(isSingle ? [] : ['zoom in for single weights'])]);
      wanted = isSingle ? cells : undefined;
      // Numbers are those of the first method; what both keep stays beside them.
      const lines = other ? [where, held, title] : [where];
      if (isSingle) readWeight({ lines, cell, say });
    },
    stop() {
      wanted = undefined;
    },
  };
}
