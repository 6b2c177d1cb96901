/** Drawing the picture of a tile on its canvases. */
import type { Palette } from '../shared/theme';
import { type Aspect, type Cells, paint } from './colors';
import { type Extents, type PictureSize, pictureSize } from './viewport';

/** A place of the picture, each 0 … 1. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Left free beside the pictures, in CSS pixels, for the buttons. */
const BAR_ROOM = 100;
/** Device pixels from which single weights get lines between them. */
const LINED_CELL = 9;

/** The aspects that are shown side by side. */
export function aspectsOf(isComparison: boolean): readonly Aspect[] {
  return isComparison ? ['first', 'second', 'overlap'] : ['density'];
}

/** Gives canvases the size that `extents` have in a place `room` CSS pixels wide; those of the right size keep their picture. */
export function sizeCanvases(
  canvases: readonly HTMLCanvasElement[],
  extents: Extents,
  room: number,
  most: PictureSize,
): void {
  const each = Math.max(96, Math.floor(((room || most.width) - BAR_ROOM) / canvases.length) - 10);
  const size = pictureSize(extents, each, most);
  for (const canvas of canvases) {
    const [width, height] = [size.width, size.height].map((length) => Math.round(length * devicePixelRatio));
    if (canvas.width === width && canvas.height === height) continue;
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${size.width}px`;
    canvas.style.height = `${size.height}px`;
  }
}

/** Column and row of the cell at a place. */
export function cellIn({ width, height }: Cells, { x, y }: Place): Place {
  return {
    x: Math.min(width - 1, Math.max(0, Math.floor(x * width))),
    y: Math.min(height - 1, Math.max(0, Math.floor(y * height))),
  };
}

function drawLines(context: CanvasRenderingContext2D, cells: Cells, color: string): void {
  const { width, height } = context.canvas;
  const [x, y] = [width / cells.width, height / cells.height];
  context.fillStyle = color;
  if (x >= LINED_CELL) for (let at = 1; at < cells.width; at++) context.fillRect(Math.round(at * x), 0, 1, height);
  if (y >= LINED_CELL) for (let at = 1; at < cells.height; at++) context.fillRect(0, Math.round(at * y), width, 1);
}

function drawMark(context: CanvasRenderingContext2D, cells: Cells, place: Place, color: string): void {
  const [x, y] = [context.canvas.width / cells.width, context.canvas.height / cells.height];
  context.strokeStyle = color;
  context.lineWidth = 2;
  const at = cellIn(cells, place);
  context.strokeRect(at.x * x + 1, at.y * y + 1, Math.max(1, x - 2), Math.max(1, y - 2));
}

/** Draws one aspect of the cells over all of a canvas, and a frame around the cell at `marked`. */
export function drawCells(
  canvas: HTMLCanvasElement,
  cells: Cells,
  aspect: Aspect,
  palette: Palette,
  marked: Place | undefined,
): void {
  const buffer = new OffscreenCanvas(cells.width, cells.height);
  buffer.getContext('2d')!.putImageData(paint(cells, aspect, palette), 0, 0);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(buffer, 0, 0, canvas.width, canvas.height);
  drawLines(context, cells, palette.background);
  if (marked) drawMark(context, cells, marked, palette.foreground);
}
