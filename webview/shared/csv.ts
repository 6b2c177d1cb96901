/** Tables as text, RFC 4180. */

export type CsvValue = string | number | undefined;

function quoted(value: CsvValue): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A header line and a line a row; absent values are empty. */
export function csvOf(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return `${[columns, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n')}\r\n`;
}
