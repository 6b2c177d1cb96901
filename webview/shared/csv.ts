/** Tables as text, RFC 4180. */
import { csvCell } from '../../server/protocol/escape';

export type CsvValue = string | number | undefined;

/** A header line and a line a row; absent values are empty, and what a spreadsheet would take for a formula is text. */
export function csvOf(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return `${[columns, ...rows].map((row) => row.map((value) => csvCell(value ?? '')).join(',')).join('\r\n')}\r\n`;
}
