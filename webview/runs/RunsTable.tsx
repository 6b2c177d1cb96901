// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot leave out the lines that are not seen.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus for its lines.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid hears the keys for its lines.
/** The table itself: only the lines that can be seen are in the page. One stop of the tab key, and arrows within. */
import type { TargetedKeyboardEvent, VNode } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RunColumn } from '../../server/protocol/runTable/columns';
import { type Line, lineText } from './lines';
import { type Key, type Modifiers, selectionOf } from './selection';
import type { RunsPage } from './state';

export interface TableActions {
  onSort(column: string): void;
  onToggleGroup(group: string): void;
  onClick(line: string, modifiers: Modifiers): void;
  onToggleAll(): void;
  /** @returns Whether the key does something here. */
  onKey(key: Key): boolean;
  onCurves(run?: string): void;
}

export interface TableProperties {
  readonly page: RunsPage;
  readonly lines: readonly Line[];
  readonly columns: readonly RunColumn[];
  readonly actions: TableActions;
}

/** Pixels; the style sheet has the same. */
const LINE_HEIGHT = 26;
/** Lines beyond both ends of what is seen. */
const MORE = 10;

/** The lines that are drawn: from `first` up to, but not including, `end`. */
function useWindow(scroller: { readonly current: HTMLDivElement | null }, count: number) {
  const [seen, setSeen] = useState({ first: 0, fitting: 40 });
  const look = useCallback(() => {
    const { scrollTop, clientHeight } = scroller.current!;
    const next = { first: Math.floor(scrollTop / LINE_HEIGHT), fitting: Math.ceil(clientHeight / LINE_HEIGHT) };
    setSeen((before) => (before.first === next.first && before.fitting === next.fitting ? before : next));
  }, []);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.min(seen.first, count) - MORE);
  return { look, first, end: Math.min(count, seen.first + seen.fitting + MORE), fitting: seen.fitting };
}

/**
 * Draws lines, and those again that have not changed as they were drawn before: while the table is scrolled, these are nearly all.
 */
function useLines(of: (properties: LineProperties) => VNode): (properties: LineProperties) => VNode {
  const drawn = useRef(new Map<string, { readonly properties: LineProperties; readonly node: VNode }>());
  return (properties) => {
    const { key } = properties.line;
    const before = drawn.current.get(key);
    const names = Object.keys(properties) as (keyof LineProperties)[];
    if (before && names.every((name) => before.properties[name] === properties[name])) return before.node;
    const node = of(properties);
    drawn.current.set(key, { properties, node });
    return node;
  };
}

/** Em that a mean with its deviation takes. */
const MEAN_WIDTH = 9;

function widthOf(column: RunColumn, isGrouped: boolean): string {
  const isMean = isGrouped && column.kind === 'number' && !column.isName;
  const width = isMean ? Math.max(MEAN_WIDTH, column.width) : column.width;
  return `minmax(${width}em, ${width}fr)`;
}

/** Brings a line into view that the keyboard has gone to. */
function useFollowing(scroller: { readonly current: HTMLDivElement | null }, place: number): void {
  useLayoutEffect(() => {
    const element = scroller.current!;
    const top = place * LINE_HEIGHT;
    // The header covers the first line's height.
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * LINE_HEIGHT > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + 2 * LINE_HEIGHT - element.clientHeight;
    }
  }, [place]);
}

const modifiersOf = ({ shiftKey, ctrlKey, metaKey }: MouseEvent | KeyboardEvent): Modifiers => ({
  range: shiftKey,
  toggles: ctrlKey || metaKey,
});

const ARIA_SORT = { ascending: '▲', descending: '▼' } as const;

function Header({ page, lines, columns, actions }: TableProperties): VNode {
  const { sorting, selected } = page;
  const all = lines.length > 0 && lines.every((line) => selectionOf(line, selected) === 'all');
  return (
    <div class="runs-line runs-header" role="row" aria-rowindex={1} id="line-header">
      <div class="runs-check" role="columnheader" aria-label="Selected">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label="Select all runs that are shown"
          checked={all}
          onClick={actions.onToggleAll}
        />
      </div>
      {columns.map(({ key, title, kind }, place) => {
        const order = sorting?.column === key ? (sorting.descending ? 'descending' : 'ascending') : undefined;
        const isActive = page.active === undefined && page.activeColumn === place;
        return (
          <div
            key={key}
            role="columnheader"
            class={`runs-cell runs-title runs-${kind}`}
            aria-sort={order ?? 'none'}
            data-active={isActive}
            data-column={key}
            title={`Sort by ${title}`}
            onClick={() => actions.onSort(key)}
          >
            {title} {order && <span aria-hidden="true">{ARIA_SORT[order]}</span>}
          </div>
        );
      })}
    </div>
  );
}

interface LineProperties {
  readonly line: Line;
  readonly place: number;
  readonly columns: readonly RunColumn[];
  readonly isActive: boolean;
  readonly selection: ReturnType<typeof selectionOf>;
  readonly actions: TableActions;
}

/** What stands before the first cell's text. */
function Lead({ line, actions }: Pick<LineProperties, 'line' | 'actions'>): VNode {
  if (line.kind === 'run') {
    return line.row.notes?.pinned ? <span title="Pinned">★ </span> : <span class={line.isInner ? 'runs-inner' : ''} />;
  }
  const toggle = (event: MouseEvent) => {
    event.stopPropagation();
    actions.onToggleGroup(line.key);
  };
  return (
    <>
      <button type="button" class="runs-twisty" tabIndex={-1} aria-label={`Runs of ${line.title}`} onClick={toggle}>
        {line.isOpen ? '▾' : '▸'}
      </button>
      <span class="runs-group-title">{line.title}</span> <span class="badge">{line.rows.length}</span>{' '}
    </>
  );
}

function LineView({ line, place, columns, isActive, selection, actions }: LineProperties): VNode {
  const click = (event: MouseEvent) => actions.onClick(line.key, modifiersOf(event));
  const check = (event: MouseEvent) => {
    event.stopPropagation();
    actions.onClick(line.key, { range: event.shiftKey, toggles: true });
  };
  const name = line.kind === 'run' ? line.row.label : line.title;
  return (
    <div
      class="runs-line"
      role="row"
      id={`line-${place}`}
      aria-rowindex={place + 2}
      aria-selected={selection === 'all'}
      {...(line.kind === 'group' && { 'aria-expanded': line.isOpen })}
      data-kind={line.kind}
      data-active={isActive}
      data-archived={line.kind === 'run' && line.row.notes?.archived === true}
      style={{ transform: `translateY(${place * LINE_HEIGHT}px)` }}
      onClick={click}
      onDblClick={() => line.kind === 'run' && actions.onCurves(line.row.run)}
    >
      <div class="runs-check" role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${name}`}
          checked={selection === 'all'}
          indeterminate={selection === 'some'}
          onClick={check}
        />
      </div>
      {columns.map((column, at) => {
        const text = lineText(line, column);
        const state = column.key === 'state' && line.kind === 'run' ? line.row.state : undefined;
        return (
          <div key={column.key} role="gridcell" class={`runs-cell runs-${column.kind}`} title={text} data-state={state}>
            {at === 0 && <Lead line={line} actions={actions} />}
            {text}
          </div>
        );
      })}
    </div>
  );
}

export function RunsTable({ page, lines, columns, actions }: TableProperties): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { look, first, end, fitting } = useWindow(scroller, lines.length);
  const active = page.active === undefined ? -1 : lines.findIndex(({ key }) => key === page.active);
  useFollowing(scroller, Math.max(0, active));
  const press = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (actions.onKey({ key: event.key, fitting: Math.max(1, fitting - 2), ...modifiersOf(event) }))
      event.preventDefault();
  };
  const isGrouped = page.grouping !== 'none';
  const template = ['30px', ...columns.map((column) => widthOf(column, isGrouped))].join(' ');
  const drawLine = useLines((properties) => <LineView key={properties.line.key} {...properties} />);
  return (
    <div
      class="framed-view runs-table"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Runs"
      aria-multiselectable="true"
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={active < 0 ? 'line-header' : `line-${active}`}
      style={{ '--runs-columns': template }}
      onScroll={look}
      onKeyDown={press}
    >
      <div class="runs-width" role="presentation">
        <Header page={page} lines={lines} columns={columns} actions={actions} />
        <div class="runs-lines" role="rowgroup" style={{ height: `${lines.length * LINE_HEIGHT}px` }}>
          {lines.slice(first, end).map((line, at) =>
            drawLine({
              line,
              place: first + at,
              columns,
              isActive: first + at === active,
              selection: selectionOf(line, page.selected),
              actions,
            }),
          )}
        </div>
      </div>
    </div>
  );
}
