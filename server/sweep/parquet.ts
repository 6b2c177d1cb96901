/** Runs as one Parquet file, for pandas, DuckDB and Spark. */
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { type Column, type ColumnKind, shownColumns } from '../comparison/columns';
import type { RunOutcome } from '../protocol/comparison';

interface Stored {
  readonly type: 'STRING' | 'INT64' | 'DOUBLE';
  of(value: string | number): string | bigint | number;
}

/** The type of a column follows from its kind alone, so that files of several sweeps are one table. */
const STORED: { readonly [kind in ColumnKind]: Stored } = {
  text: { type: 'STRING', of: String },
  whole: { type: 'INT64', of: (value) => BigInt(value) },
  number: { type: 'DOUBLE', of: Number },
};

/** A row a run, with the columns and values of the CSV file; what is empty there is null. */
export function formatParquet(runs: readonly RunOutcome[], columns: readonly Column[]): Uint8Array {
  const columnData = shownColumns(runs, columns).map(([name, value, kind]): ColumnSource => {
    const { type, of } = STORED[kind];
    const cell = (run: RunOutcome) => {
      const found = value(run);
      return found === '' ? null : of(found);
    };
    return { name, type, data: runs.map(cell) };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'prunelens' }));
}
