/** Density of a rectangle of a weight tensor seen as a matrix (see `TileRequest`), down-sampled to cells. */
import { matrixExtents, type Tile, type TileRequest } from '../../protocol/results';
import { type Shape, sizeOf } from '../../protocol/tensor';
import type { Cutoff } from './cutoffs';

/** One tensor's scores with what stays of them. */
export interface CutTensor {
  readonly scores: Float32Array;
  readonly cutoff: Cutoff;
}

export type Rectangle = Pick<TileRequest, 'row' | 'column' | 'rows' | 'columns' | 'height' | 'width'>;

/** The cell of each of `extent` rows (or columns), times `stride`. */
function cellsOf(extent: number, cells: number, stride: number): Int32Array {
  return Int32Array.from({ length: extent }, (_, i) => Math.floor((i * cells) / extent) * stride);
}

/** How the matrix lies in memory: runs of one matrix column (and, of a convolution, every kh-th row), outputs innermost. */
interface Layout {
  readonly outputs: number;
  /** Matrix rows that one output takes: the kernel's height. */
  readonly rowsPerOutput: number;
  /** First matrix row and the column of the run at position `run`. */
  placeOf(run: number): { readonly row: number; readonly column: number };
}

function layoutOf(shape: Shape): Layout {
  const outputs = shape[shape.length - 1];
  if (shape.length !== 4) return { outputs, rowsPerOutput: 1, placeOf: (run) => ({ row: 0, column: run }) };
  const [kh, kw, inputs] = shape;
  return {
    outputs,
    rowsPerOutput: kh,
    placeOf: (run) => {
      const input = run % inputs;
      const at = Math.floor(run / inputs);
      return { row: Math.floor(at / kw), column: input * kw + (at % kw) };
    },
  };
}

/** Counts in each cell of `height` x `width`: weights kept, and of a comparison those kept by both and by the other. */
interface Counts {
  readonly kept: Int32Array;
  readonly both: Int32Array;
  readonly other: Int32Array;
}

function countCells(shape: Shape, rectangle: Rectangle, tensor: CutTensor, other: CutTensor | undefined): Counts {
  const { row, column, rows, columns, height, width } = rectangle;
  const { outputs, rowsPerOutput, placeOf } = layoutOf(shape);
  const rowCells = cellsOf(rows, height, width);
  const columnCells = cellsOf(columns, width, 1);
  const cells = () => new Int32Array(height * width);
  const counts: Counts = { kept: cells(), both: cells(), other: cells() };
  const runs = sizeOf(shape) / outputs;
  for (let run = 0; run < runs; run++) {
    const place = placeOf(run);
    if (place.column < column || place.column >= column + columns) continue;
    const cellColumn = columnCells[place.column - column];
    // Matrix row of output o is o * rowsPerOutput + place.row.
    const first = Math.max(0, Math.ceil((row - place.row) / rowsPerOutput));
    const end = Math.min(outputs, Math.ceil((row + rows - place.row) / rowsPerOutput));
    const span = { start: run * outputs, first, end, offset: place.row - row, rowsPerOutput, cellColumn };
    countRun(span, rowCells, tensor, counts.kept);
    if (other) countOther(span, rowCells, tensor, other, counts);
  }
  return counts;
}

interface Span {
  readonly start: number;
  readonly first: number;
  readonly end: number;
  readonly offset: number;
  readonly rowsPerOutput: number;
  readonly cellColumn: number;
}

function countRun(span: Span, rowCells: Int32Array, tensor: CutTensor, kept: Int32Array): void {
  const { start, first, end, offset, rowsPerOutput, cellColumn } = span;
  const { scores, cutoff } = tensor;
  const { threshold, equalEnd } = cutoff;
  for (let output = first, row = first * rowsPerOutput + offset; output < end; output++, row += rowsPerOutput) {
    const index = start + output;
    const score = scores[index];
    // Most weights are removed, and leave here.
    if (score < threshold || (score === threshold && index >= equalEnd)) continue;
    kept[rowCells[row] + cellColumn]++;
  }
}

function countOther(span: Span, rowCells: Int32Array, tensor: CutTensor, other: CutTensor, counts: Counts): void {
  const { start, first, end, offset, rowsPerOutput, cellColumn } = span;
  for (let output = first, row = first * rowsPerOutput + offset; output < end; output++, row += rowsPerOutput) {
    const index = start + output;
    const score = other.scores[index];
    if (score < other.cutoff.threshold || (score === other.cutoff.threshold && index >= other.cutoff.equalEnd))
      continue;
    const cell = rowCells[row] + cellColumn;
    counts.other[cell]++;
    const own = tensor.scores[index];
    const { threshold, equalEnd } = tensor.cutoff;
    if (own > threshold || (own === threshold && index < equalEnd)) counts.both[cell]++;
  }
}

/** How many of `extent` rows (or columns) each cell has. */
function cellSizes(extent: number, cells: number): Int32Array {
  const sizes = new Int32Array(cells);
  for (const cell of cellsOf(extent, cells, 1)) sizes[cell]++;
  return sizes;
}

/** Turns counts into fractions 0 … 255, each cell repeated to fill the height and width asked for, as base64. */
function encoder(counted: Rectangle, { height, width }: Rectangle): (part: Int32Array) => string {
  const rowSizes = cellSizes(counted.rows, counted.height);
  const columnSizes = cellSizes(counted.columns, counted.width);
  return (part) => {
    const bytes = Buffer.alloc(height * width);
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * counted.height) / height);
      for (let x = 0; x < width; x++) {
        const column = Math.floor((x * counted.width) / width);
        const all = rowSizes[row] * columnSizes[column];
        bytes[y * width + x] = Math.round((255 * part[row * counted.width + column]) / all);
      }
    }
    return bytes.toString('base64');
  };
}

/** Whether a rectangle is a part of the tensor's matrix with at least one cell. */
export function isInside(shape: Shape, { row, column, rows, columns, height, width }: Rectangle): boolean {
  const extents = matrixExtents(shape);
  const numbers = [row, column, rows, columns, height, width];
  if (!numbers.every(Number.isSafeInteger) || Math.min(row, column) < 0) return false;
  if (Math.min(rows, columns, height, width) < 1) return false;
  return row + rows <= extents.rows && column + columns <= extents.columns;
}

/** The tile of a rectangle that is inside the matrix; with `other`, the overlap of the two masks besides. */
export function createTile(shape: Shape, rectangle: Rectangle, tensor: CutTensor, other?: CutTensor): Tile {
  const { height, width, rows, columns } = rectangle;
  // There are no finer cells than single weights; where more are asked for, they repeat.
  const counted = { ...rectangle, height: Math.min(height, rows), width: Math.min(width, columns) };
  const { kept, both, other: others } = countCells(shape, counted, tensor, other);
  const encode = encoder(counted, rectangle);
  return {
    height,
    width,
    density: encode(kept),
    ...(other && { both: encode(both), other: encode(others) }),
  };
}
