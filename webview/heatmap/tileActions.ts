/** What pointer, wheel and keys do to a tile. */
import { cellIn, type Place } from './tileDrawing';
import type { TileActions } from './tileInput';
import type { TilePainter } from './tilePainter';
import type { TileReader } from './tileReader';
import type { Tooltip } from './tooltip';
import { type Extents, pan, type Viewport, wholeOf, zoom } from './viewport';

export interface TileParts {
  readonly extents: Extents;
  readonly painter: TilePainter;
  readonly reader: TileReader;
  readonly tooltip: Tooltip;
  /** The part that is shown, as it is now. */
  view(): Viewport;
  setView(view: Viewport): void;
}

/** The actions of the canvases of one tile, each for one of them. */
export function tileActions(parts: TileParts): (canvas: HTMLCanvasElement) => TileActions {
  const { extents, painter, reader, tooltip, view } = parts;
  /** Less than a row or column is carried over, so that slow drags move too. */
  let carried = { rows: 0, columns: 0 };

  function setView(next: Viewport): void {
    tooltip.hide();
    parts.setView(next);
  }

  function readMarked(canvas: HTMLCanvasElement, marked: Place): void {
    const box = canvas.getBoundingClientRect();
    reader.read(marked, (lines) => {
      tooltip.show(box.left + marked.x * box.width, box.top + marked.y * box.height, lines);
      tooltip.say(lines.join(', '));
    });
  }

  return (canvas) => ({
    zoomAt: (factor, x, y) => setView(zoom(view(), extents, factor, x, y)),
    moveBy(x, y) {
      const from = view();
      const wanted = { rows: carried.rows + y * from.rows, columns: carried.columns + x * from.columns };
      const [rows, columns] = [Math.round(wanted.rows), Math.round(wanted.columns)];
      carried = { rows: wanted.rows - rows, columns: wanted.columns - columns };
      const next = pan(from, extents, rows, columns);
      if (next.row !== from.row || next.column !== from.column) setView(next);
    },
    showAll: () => setView(wholeOf(extents)),
    point(x, y, clientX, clientY) {
      reader.read({ x, y }, (lines) => tooltip.show(clientX, clientY, lines));
    },
    leave() {
      reader.stop();
      tooltip.hide();
    },
    step(right, down) {
      const cells = painter.painted()?.cells;
      if (!cells) return;
      const from = painter.marked() ?? { x: 0.5, y: 0.5 };
      const place = cellIn(cells, { x: from.x + right / cells.width, y: from.y + down / cells.height });
      const marked = { x: (place.x + 0.5) / cells.width, y: (place.y + 0.5) / cells.height };
      painter.mark(marked);
      readMarked(canvas, marked);
    },
    clear() {
      reader.stop();
      tooltip.hide();
      painter.mark(undefined);
    },
  });
}
