/** The table of runs as a state: the rows, and how they are filtered, ordered, grouped and selected. No browser is needed here. */

import type { ComparisonSummary } from '../../server/protocol/results';
import { RUN_COLUMNS, USUAL_COLUMNS } from '../../server/protocol/runTable/columns';
import type { RunRow } from '../../server/protocol/runTable/row';
import type { PageState } from '../../server/protocol/webview';
import { withNotice, withoutNotice } from '../shared/notices';
import type { Reducer } from '../shared/store';

/** What runs of one group have in common: `seed` is all but the seed. */
export type Grouping = 'none' | 'method' | 'seed' | 'model' | 'data' | 'group' | 'runsFolder';

export interface Sorting {
  /** Key of the column. */
  readonly column: string;
  readonly descending: boolean;
}

/** What is kept over a reload. */
export interface RunsPageState extends PageState {
  readonly filter: string;
  /** The filter is a regular expression. */
  readonly isPattern: boolean;
  /** Keys of the columns that are shown. */
  readonly columns: readonly string[];
  /** Absent: the latest first. */
  readonly sorting?: Sorting;
  readonly grouping: Grouping;
  /** Keys of the groups whose runs are shown. */
  readonly opened: readonly string[];
  readonly showsArchived: boolean;
  /** Folder of the comparison whose runs alone are shown; absent: all. */
  readonly comparison?: string;
  /** The comparison that the host asked for last: it is asked for again when the page comes back. */
  readonly askedComparison?: string;
}

/** A comparison, sweep or search, as far as the table has to do with it. */
export type ShownComparison = Pick<ComparisonSummary, 'folder' | 'label' | 'rows' | 'unfinished'>;

export interface RunsPage extends Omit<RunsPageState, Exclude<keyof PageState, 'comparison'>> {
  /** Undefined until they are there. */
  readonly rows?: readonly RunRow[];
  /** What is wrong with folders of runs. */
  readonly problems: readonly string[];
  readonly comparisons: readonly ShownComparison[];
  /** Folders of the selected runs. */
  readonly selected: ReadonlySet<string>;
  /** Key of the line where a range of lines begins. */
  readonly anchor?: string;
  /** Key of the line that the keyboard is at; undefined at the header. */
  readonly active?: string;
  /** Place of the column that the keyboard is at in the header. */
  readonly activeColumn: number;
  readonly notices: readonly string[];
}

export type RunsEvent =
  | {
      readonly kind: 'rowsTold';
      readonly rows: readonly RunRow[];
      readonly problems?: readonly string[];
      readonly comparisons?: readonly ShownComparison[];
    }
  /** To the runs of a comparison, or to all. */
  | { readonly kind: 'narrowed'; readonly comparison?: string }
  /** The host asks for the runs of a comparison: now, or for a page that has come back. */
  | { readonly kind: 'asked'; readonly comparison?: string; readonly isNow?: true }
  | { readonly kind: 'filterSet'; readonly filter?: string; readonly isPattern?: boolean }
  | { readonly kind: 'archivedShown'; readonly isOn: boolean }
  | { readonly kind: 'columnToggled'; readonly column: string; readonly isOn: boolean }
  | { readonly kind: 'columnsReset' }
  /** The column's order: ascending, then descending, then none. */
  | { readonly kind: 'sorted'; readonly column: string }
  | { readonly kind: 'grouped'; readonly grouping: Grouping }
  | { readonly kind: 'groupToggled'; readonly group: string }
  | {
      readonly kind: 'selectionSet';
      readonly selected: ReadonlySet<string>;
      readonly anchor?: string;
      readonly active?: string;
    }
  | { readonly kind: 'moved'; readonly active?: string; readonly activeColumn?: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'noticeClosed'; readonly message: string };

export const GROUPINGS: readonly { readonly value: Grouping; readonly label: string }[] = [
  { value: 'none', label: 'Nothing' },
  { value: 'method', label: 'Method' },
  { value: 'seed', label: 'All but the seed' },
  { value: 'model', label: 'Model' },
  { value: 'data', label: 'Data' },
  { value: 'group', label: 'Comparison' },
  { value: 'runsFolder', label: 'Runs folder' },
];

export function firstState(kept: Partial<RunsPageState>): RunsPage {
  const known = kept.columns?.filter((key) => RUN_COLUMNS.some((column) => column.key === key)) ?? [];
  return {
    filter: kept.filter ?? '',
    isPattern: kept.isPattern ?? false,
    columns: known.length > 0 ? known : USUAL_COLUMNS,
    ...(kept.sorting && { sorting: kept.sorting }),
    grouping: kept.grouping ?? 'none',
    opened: kept.opened ?? [],
    showsArchived: kept.showsArchived ?? false,
    ...(kept.comparison !== undefined && { comparison: kept.comparison }),
    ...(kept.askedComparison !== undefined && { askedComparison: kept.askedComparison }),
    problems: [],
    comparisons: [],
    selected: new Set(),
    activeColumn: 0,
    notices: [],
  };
}

export function keptOf(page: RunsPage): Partial<RunsPageState> {
  const { filter, isPattern, columns, sorting, grouping, opened, showsArchived, comparison, askedComparison } = page;
  return { filter, isPattern, columns, sorting, grouping, opened, showsArchived, comparison, askedComparison };
}

const toggled = (items: readonly string[], item: string, isOn: boolean) =>
  isOn ? [...items.filter((one) => one !== item), item] : items.filter((one) => one !== item);

function nextSorting(before: Sorting | undefined, column: string): Sorting | undefined {
  if (before?.column !== column) return { column, descending: false };
  return before.descending ? undefined : { column, descending: true };
}

function rowsTold(page: RunsPage, event: Extract<RunsEvent, { readonly kind: 'rowsTold' }>): RunsPage {
  const { rows, problems = [], comparisons = [] } = event;
  const there = new Set(rows.map(({ run }) => run));
  const selected = new Set([...page.selected].filter((run) => there.has(run)));
  return { ...page, rows, problems, comparisons, selected };
}

/** What a page that comes back has been asked before changes nothing: since then the user may have chosen other runs. */
function asked(page: RunsPage, { comparison, isNow }: Extract<RunsEvent, { readonly kind: 'asked' }>): RunsPage {
  if (comparison === undefined || (!isNow && comparison === page.askedComparison)) return page;
  return { ...page, comparison, askedComparison: comparison };
}

export const reduce: Reducer<RunsPage, RunsEvent> = (page, event) => {
  switch (event.kind) {
    case 'rowsTold':
      return rowsTold(page, event);
    case 'narrowed':
      return { ...page, comparison: event.comparison };
    case 'asked':
      return asked(page, event);
    case 'filterSet': {
      const { filter = page.filter, isPattern = page.isPattern } = event;
      return { ...page, filter, isPattern };
    }
    case 'archivedShown':
      return { ...page, showsArchived: event.isOn };
    case 'columnToggled': {
      const columns = toggled(page.columns, event.column, event.isOn);
      // A table without a column could not be told from none.
      return columns.length === 0 ? page : { ...page, columns, activeColumn: 0 };
    }
    case 'columnsReset':
      return { ...page, columns: USUAL_COLUMNS, activeColumn: 0 };
    case 'sorted':
      return { ...page, sorting: nextSorting(page.sorting, event.column) };
    case 'grouped':
      return { ...page, grouping: event.grouping, opened: [], anchor: undefined };
    case 'groupToggled':
      return { ...page, opened: toggled(page.opened, event.group, !page.opened.includes(event.group)) };
    case 'selectionSet': {
      const { selected, anchor = page.anchor, active = page.active } = event;
      return { ...page, selected, anchor, active };
    }
    case 'moved':
      return { ...page, active: event.active, activeColumn: event.activeColumn ?? page.activeColumn };
    case 'failed':
      return { ...page, notices: withNotice(page.notices, event.message) };
    case 'noticeClosed':
      return { ...page, notices: withoutNotice(page.notices, event.message) };
  }
};
