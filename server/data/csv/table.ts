/** The chosen columns of a CSV file as numbers. */
import { UserError } from '../../protocol/errors';
import { type Fault, numberIn, quoted, whyNoNumber } from './cells';
import type { ColumnChoice } from './choice';
import { growing } from './growing';
import { type Columns, chooseColumns, readHeader } from './header';
import { createLabelColumn, type LabelColumn } from './labelColumn';
import { readRows } from './readRows';

export interface Table {
  readonly rows: number;
  readonly inputNames: readonly string[];
  /** [rows, inputs]. */
  readonly inputs: Float32Array;
  readonly labels: readonly LabelColumn[];
}

/** Where a value is, for messages: rows are counted from 1 below the header. */
export function placeOf(row: number, column: string): string {
  return `row ${row}, column ${quoted(column)}`;
}

function faulty({ problem, hint }: Fault, path: string, line: number, row: number, column: string): UserError {
  return new UserError(`${placeOf(row, column)}: ${problem}.`, {
    location: { file: path, line, column: 1 },
    ...(hint !== undefined && { hint }),
  });
}

/**
 * Reads a CSV file with a header. `labels` are the columns of another file to which those of this one are added.
 * @throws UserError naming line, row and column of a value that is no number where one is wanted, or of a row with another number
 *   of values than the header has; or where there are no rows.
 */
export async function readTable(path: string, choice: ColumnChoice, known?: readonly LabelColumn[]): Promise<Table> {
  const inputs = growing((length) => new Float32Array(length));
  let header: readonly string[] | undefined;
  let columns: Columns = { inputs: [], labels: [] };
  let labels: readonly LabelColumn[] = [];
  let rows = 0;
  await readRows(path, (cells, line) => {
    if (header === undefined) {
      header = readHeader(cells, path);
      columns = chooseColumns(header, choice, path);
      labels = known ?? columns.labels.map((column, _, all) => createLabelColumn(header![column], all.length === 1));
      return;
    }
    rows++;
    if (cells.length !== header.length) {
      throw new UserError(`Row ${rows} has ${countOf(cells.length)}, but the header names ${header.length} columns.`, {
        location: { file: path, line, column: 1 },
      });
    }
    for (const column of columns.inputs) {
      const value = numberIn(cells[column]);
      if (value === undefined) throw faulty(whyNoNumber(cells[column]), path, line, rows, header[column]);
      inputs.push(value);
    }
    for (const [i, column] of columns.labels.entries()) {
      const fault = labels[i].add(cells[column]);
      if (fault) throw faulty(fault, path, line, rows, header[column]);
    }
  });
  if (header === undefined) throw new UserError(`${path} is empty.`);
  if (rows === 0) throw new UserError(`${path} holds no rows, only a header.`);
  return { rows, inputNames: columns.inputs.map((column) => header![column]), inputs: inputs.values(), labels };
}

function countOf(values: number): string {
  return values === 1 ? '1 value' : `${values} values`;
}
