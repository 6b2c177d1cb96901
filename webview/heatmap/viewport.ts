/** Which part of a weight matrix is shown: whole rows and columns, as the host is asked for them. */

import { matrixExtents } from '../../server/protocol/results';
import type { Shape } from '../../server/protocol/tensor';

export interface Extents {
  readonly rows: number;
  readonly columns: number;
}

export interface Viewport extends Extents {
  readonly row: number;
  readonly column: number;
}

/** Fewest rows or columns that are shown: single weights large enough to point at. */
const SMALLEST = 4;

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

export function wholeOf({ rows, columns }: Extents): Viewport {
  return { row: 0, column: 0, rows, columns };
}

export function isWhole(view: Viewport, extents: Extents): boolean {
  return view.rows === extents.rows && view.columns === extents.columns;
}

/** One axis: `factor` above 1 comes nearer; the place at `focus` (0 … 1 of what is shown) stays where it is. */
function zoomAxis(first: number, shown: number, extent: number, factor: number, focus: number): [number, number] {
  const wanted =
    factor > 1 ? Math.min(shown - 1, Math.round(shown / factor)) : Math.max(shown + 1, Math.round(shown / factor));
  const next = clamp(wanted, Math.min(SMALLEST, extent), extent);
  const start = Math.round(first + focus * (shown - next));
  return [clamp(start, 0, extent - next), next];
}

/** Comes nearer (`factor` > 1) or steps back around a place of what is shown. */
export function zoom(view: Viewport, extents: Extents, factor: number, focusX = 0.5, focusY = 0.5): Viewport {
  const [row, rows] = zoomAxis(view.row, view.rows, extents.rows, factor, focusY);
  const [column, columns] = zoomAxis(view.column, view.columns, extents.columns, factor, focusX);
  return { row, column, rows, columns };
}

/** Moves by whole rows and columns, as far as there are any. */
export function pan(view: Viewport, extents: Extents, rows: number, columns: number): Viewport {
  return {
    ...view,
    row: clamp(Math.round(view.row + rows), 0, extents.rows - view.rows),
    column: clamp(Math.round(view.column + columns), 0, extents.columns - view.columns),
  };
}

/** A viewport that was kept for a matrix that may have changed since; the whole where it does not fit. */
export function fitting(view: Viewport | undefined, extents: Extents): Viewport {
  const fits =
    view !== undefined &&
    view.rows >= 1 &&
    view.columns >= 1 &&
    view.row + view.rows <= extents.rows &&
    view.column + view.columns <= extents.columns;
  return fits ? view : wholeOf(extents);
}

/** Rows and columns of the matrix that a cell of its down-sampled picture stands for: `rows x columns` of them. */
export function cellAt(view: Viewport, height: number, width: number, y: number, x: number): Viewport {
  const span = (first: number, shown: number, cells: number, at: number): [number, number] => {
    const cell = clamp(Math.floor(at * cells), 0, cells - 1);
    const start = Math.ceil((cell * shown) / cells);
    const end = Math.ceil(((cell + 1) * shown) / cells);
    return [first + start, end - start];
  };
  const [row, rows] = span(view.row, view.rows, height, y);
  const [column, columns] = span(view.column, view.columns, width, x);
  return { row, column, rows, columns };
}

/** In CSS pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The largest picture in a row of the list. */
export const IN_ROW: PictureSize = { width: 420, height: 150 };
/** Pixels that a single weight gets at most: in a row, and in a panel of its own. */
const LARGEST_WEIGHT = 12;
const LARGEST_WEIGHT_ALONE = 40;

/**
 * Size of the picture of `extents` in a place `width` wide: square weights where that is neither too flat nor too tall to point at,
 * stretched otherwise.
 *
 * @param most How large it may become.
 */
export function pictureSize({ rows, columns }: Extents, width: number, most = IN_ROW): PictureSize {
  const room = Math.min(most.width, width);
  const weight = most.height > IN_ROW.height ? LARGEST_WEIGHT_ALONE : LARGEST_WEIGHT;
  const scale = Math.min(room / columns, most.height / rows, weight);
  return {
    width: Math.round(clamp(columns * scale, Math.min(96, room), room)),
    height: Math.round(clamp(rows * scale, 48, most.height)),
  };
}

/** What the axes of the matrix of a tensor are, to people. */
export function axesOf(shape: Shape): { readonly across: string; readonly down: string } {
  const { rows, columns } = matrixExtents(shape);
  if (shape.length !== 4) return { across: `${columns} in`, down: `${rows} out` };
  const [height, width, inputs, outputs] = shape;
  const kernel = height * width > 1;
  return {
    across: `${inputs} in${kernel ? `, each ${width} wide` : ''}`,
    down: `${outputs} out${kernel ? `, each ${height} high` : ''}`,
  };
}
