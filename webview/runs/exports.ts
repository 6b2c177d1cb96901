/** The table in files: what is shown of it, of the selected runs where some are selected. */
import type { RunColumn } from '../../server/protocol/runTable/columns';
import { latexTable, markdownTable, runsCsv, type TextTable } from '../../server/protocol/runTable/formats';
import { type Line, linesOf, lineText, runsOf, shownRows, tableColumns } from './lines';
import type { RunsPage } from './state';

export const TABLE_FORMATS = [
  { format: 'csv', label: 'CSV', ending: 'csv' },
  { format: 'markdown', label: 'Markdown', ending: 'md' },
  { format: 'latex', label: 'LaTeX', ending: 'tex' },
] as const;

export type TableFormat = (typeof TABLE_FORMATS)[number]['format'];

function textTable(columns: readonly RunColumn[], lines: readonly Line[]): TextTable {
  const hasGroups = lines.some(({ kind }) => kind === 'group');
  const group = { title: 'Group', isNumber: false };
  const count = { title: 'Runs', isNumber: true };
  const shown = columns.map(({ title, kind }) => ({ title, isNumber: kind === 'number' }));
  return {
    columns: hasGroups ? [group, count, ...shown] : shown,
    rows: lines.map((line) => {
      const cells = columns.map((column) => lineText(line, column));
      if (!hasGroups) return cells;
      return line.kind === 'group' ? [line.title, String(line.rows.length), ...cells] : ['', '', ...cells];
    }),
  };
}

/** Without the columns that have nothing in any row. */
function withoutEmptyColumns({ columns, rows }: TextTable): TextTable {
  const kept = columns.map((_, at) => rows.some((cells) => cells[at] !== ''));
  const left = <Item>(items: readonly Item[]) => items.filter((_, at) => kept[at]);
  return { columns: left(columns), rows: rows.map(left) };
}

/** Markdown and LaTeX have the table's lines, groups with their means, and no empty columns; CSV has the runs, with exact values. */
export function exportText(page: RunsPage, format: TableFormat): string {
  const columns = tableColumns(page);
  const { selected } = page;
  const isMeant = (run: string) => selected.size === 0 || selected.has(run);
  if (format === 'csv')
    return runsCsv(
      columns,
      shownRows(page).filter(({ run }) => isMeant(run)),
    );
  const lines = linesOf(page).filter((line) => runsOf(line).some(isMeant));
  const table = withoutEmptyColumns(textTable(columns, lines));
  return format === 'markdown' ? markdownTable(table) : latexTable(table);
}
