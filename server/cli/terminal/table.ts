/** Aligned tables of text. */

export interface Column {
  readonly title: string;
  /** Numbers go to the right, everything else to the left. */
  readonly align?: 'left' | 'right';
}

/** The table as lines: titles, a rule, and one line a row; columns are two spaces apart. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, c) => Math.max(title.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (columns[c].align === 'right' ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...rows.map(line),
  ]
    .join('\n')
    .concat('\n');
}
