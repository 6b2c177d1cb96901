/** The lines of the table: which rows are shown, in which order, and in which groups. */
import {
  type CellValue,
  cellText,
  RUN_COLUMNS,
  type RunColumn,
  shownColumns,
} from '../../server/protocol/runTable/columns';
import type { RunRow } from '../../server/protocol/runTable/row';
import { groupCell } from './groupCells';
import type { Grouping, RunsPage, Sorting } from './state';

export interface RunLine {
  readonly kind: 'run';
  /** The folder of the run. */
  readonly key: string;
  readonly row: RunRow;
  /** Below the line of a group. */
  readonly isInner: boolean;
}

export interface GroupLine {
  readonly kind: 'group';
  readonly key: string;
  readonly title: string;
  readonly rows: readonly RunRow[];
  readonly isOpen: boolean;
}

export type Line = RunLine | GroupLine;

const columnByKey = new Map(RUN_COLUMNS.map((column) => [column.key, column]));

const searched = new WeakMap<RunRow, string>();

/** All that a row shows in any column, a line a cell. */
function searchText(row: RunRow): string {
  const known = searched.get(row);
  if (known !== undefined) return known;
  const text = RUN_COLUMNS.map((column) => cellText(column, row))
    .filter((cell) => cell !== '')
    .join('\n');
  searched.set(row, text);
  return text;
}

export type Filter = ((row: RunRow) => boolean) | { readonly problem: string };

/**
 * What a filter lets through: rows that have all its words somewhere, or where the expression matches; `^` and `$` are the ends of a
 * cell. Case does not count.
 */
export function filterOf({ filter, isPattern }: Pick<RunsPage, 'filter' | 'isPattern'>): Filter {
  if (isPattern) {
    try {
      const pattern = new RegExp(filter, 'im');
      return (row) => pattern.test(searchText(row));
    } catch (error) {
      return { problem: (error as Error).message };
    }
  }
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => {
    const text = searchText(row).toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

const collator = new Intl.Collator('en', { numeric: true });

/** Order of two values; those that are not there come last in either order. */
function compareValues(a: CellValue, b: CellValue, descending: boolean): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return descending ? -order : order;
}

const LATEST: Sorting = { column: 'started', descending: true };

/** Rows in the order of a column, pinned ones before all others. */
function sortedRows(rows: readonly RunRow[], { column, descending }: Sorting = LATEST): RunRow[] {
  const valueIn = columnByKey.get(column)?.value ?? (() => undefined);
  const isUnpinned = (row: RunRow) => (row.notes?.pinned ? 0 : 1);
  return [...rows].sort((a, b) => isUnpinned(a) - isUnpinned(b) || compareValues(valueIn(a), valueIn(b), descending));
}

/** Whether a run is in the folder of a comparison. */
function isOf(run: string, folder: string): boolean {
  return run.startsWith(folder) && /^[\\/]/.test(run.slice(folder.length));
}

/** The rows that are shown, in their order. What is wrong with the filter leaves all. */
export function shownRows(
  page: Pick<RunsPage, 'rows' | 'filter' | 'isPattern' | 'showsArchived' | 'sorting' | 'comparison'>,
): readonly RunRow[] {
  const { rows = [], showsArchived, sorting, comparison } = page;
  const filter = filterOf(page);
  const passes = typeof filter === 'function' ? filter : () => true;
  const isMeant = ({ run, notes }: RunRow) =>
    (showsArchived || !notes?.archived) && (comparison === undefined || isOf(run, comparison));
  return sortedRows(
    rows.filter((row) => isMeant(row) && passes(row)),
    sorting,
  );
}

/** Comparisons that the table can be narrowed to: those that have runs in it, and the one that it shows. */
export function choosableComparisons({
  rows = [],
  comparisons,
  comparison,
}: Pick<RunsPage, 'rows' | 'comparisons' | 'comparison'>): readonly {
  readonly folder: string;
  readonly title: string;
}[] {
  const meant = comparisons.filter(({ folder }) => folder === comparison || rows.some(({ run }) => isOf(run, folder)));
  const known = meant.map(({ folder, label }) => ({ folder, title: label ?? nameIn(folder) }));
  // A sweep that begins has no results yet.
  const isNew = comparison !== undefined && !meant.some(({ folder }) => folder === comparison);
  return isNew ? [...known, { folder: comparison, title: nameIn(comparison) }] : known;
}

function nameIn(folder: string): string {
  return folder.split(/[\\/]/).at(-1) ?? folder;
}

const GROUP_COLUMNS: { readonly [Of in Exclude<Grouping, 'none'>]: readonly string[] } = {
  method: ['method'],
  seed: ['model', 'method', 'sparsity', 'data', 'epochs', 'learningRate', 'optimizer', 'batchSize'],
  model: ['model'],
  data: ['data'],
  group: ['group'],
  runsFolder: ['runsFolder'],
};

/** What of these columns names a group of runs that differ in their seeds alone. */
const TITLE_COLUMNS = ['model', 'method', 'sparsity', 'data'];

function groupTitle(grouping: Exclude<Grouping, 'none'>, row: RunRow): string {
  const named = grouping === 'seed' ? TITLE_COLUMNS : GROUP_COLUMNS[grouping];
  const texts = named.map((key) => cellText(columnByKey.get(key)!, row)).filter((text) => text !== '');
  return texts.length > 0 ? texts.join(' · ') : 'None';
}

/** Order of two groups by what their lines show in a column, the mean of numbers. */
function compareGroups(a: GroupLine, b: GroupLine, { column, descending }: Sorting): number {
  const shown = columnByKey.get(column);
  if (!shown) return 0;
  const [first, second] = [groupCell(shown, a.rows), groupCell(shown, b.rows)];
  return compareValues(first.value, second.value, descending);
}

/** The lines of the table; the runs of a group follow its line where it is open. */
export function linesOf(page: RunsPage): readonly Line[] {
  const rows = shownRows(page);
  const { grouping, sorting, opened } = page;
  if (grouping === 'none') return rows.map((row) => ({ kind: 'run', key: row.run, row, isInner: false }));
  const groups = new Map<string, RunRow[]>();
  for (const row of rows) {
    const values = GROUP_COLUMNS[grouping].map((key) => columnByKey.get(key)!.value(row) ?? null);
    const key = `${grouping} ${JSON.stringify(values)}`;
    const members = groups.get(key);
    if (members) members.push(row);
    else groups.set(key, [row]);
  }
  const lines = Array.from(groups, ([key, members]): GroupLine => {
    const title = groupTitle(grouping, members[0]);
    return { kind: 'group', key, title, rows: members, isOpen: opened.includes(key) };
  });
  const ordered = sorting ? lines.sort((a, b) => compareGroups(a, b, sorting)) : lines;
  return ordered.flatMap((group): readonly Line[] =>
    group.isOpen
      ? [group, ...group.rows.map((row): RunLine => ({ kind: 'run', key: row.run, row, isInner: true }))]
      : [group],
  );
}

/** The columns of the table, in their order. */
export function tableColumns({ columns, rows = [] }: Pick<RunsPage, 'columns' | 'rows'>): readonly RunColumn[] {
  return shownColumns(columns, rows);
}

/** The runs of a line. */
export function runsOf(line: Line): readonly string[] {
  return line.kind === 'run' ? [line.row.run] : line.rows.map(({ run }) => run);
}

/** What a line shows in a column; the first column of a group has its title. */
export function lineText(line: Line, column: RunColumn): string {
  return line.kind === 'run' ? cellText(column, line.row) : groupCell(column, line.rows).text;
}
