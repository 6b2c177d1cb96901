/** What clicks and keys select. */
import { type Line, runsOf, tableColumns } from './lines';
import type { RunsEvent, RunsPage } from './state';

export interface Modifiers {
  /** A range from where the last click was. */
  readonly range: boolean;
  /** Besides what is selected already. */
  readonly toggles: boolean;
}

function placeOf(lines: readonly Line[], key: string | undefined): number {
  return key === undefined ? -1 : lines.findIndex((line) => line.key === key);
}

/** How many of a line's runs are selected. */
export function selectionOf(line: Line, selected: ReadonlySet<string>): 'all' | 'some' | 'none' {
  const runs = runsOf(line);
  const count = runs.filter((run) => selected.has(run)).length;
  return count === 0 ? 'none' : count === runs.length ? 'all' : 'some';
}

/** The selection after a click on a line. */
export function clicked(page: RunsPage, lines: readonly Line[], key: string, { range, toggles }: Modifiers): RunsEvent {
  const place = placeOf(lines, key);
  const from = placeOf(lines, page.anchor);
  if (range && from >= 0) {
    const between = lines.slice(Math.min(from, place), Math.max(from, place) + 1).flatMap(runsOf);
    return { kind: 'selectionSet', selected: new Set(between), active: key };
  }
  const runs = runsOf(lines[place]);
  if (!toggles) return { kind: 'selectionSet', selected: new Set(runs), anchor: key, active: key };
  const selected = new Set(page.selected);
  const isAll = selectionOf(lines[place], selected) === 'all';
  for (const run of runs)
    if (isAll) selected.delete(run);
    else selected.add(run);
  return { kind: 'selectionSet', selected, anchor: key, active: key };
}

/** All that is shown, or nothing where all of it is selected. */
export function allToggled({ selected }: RunsPage, lines: readonly Line[]): RunsEvent {
  const runs = lines.flatMap(runsOf);
  const isAll = runs.every((run) => selected.has(run));
  return { kind: 'selectionSet', selected: isAll ? new Set() : new Set(runs) };
}

export interface Key extends Modifiers {
  /** As the browser names it. */
  readonly key: string;
  /** Lines that fit on the screen. */
  readonly fitting: number;
}

/** The place to which a key leads, -1 for the header; undefined of other keys. */
function destination(key: string, place: number, count: number, fitting: number): number | undefined {
  const moves: { readonly [key: string]: number } = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    PageDown: place + fitting,
    PageUp: Math.max(0, place - fitting),
    Home: 0,
    End: count - 1,
  };
  const target = moves[key];
  return target === undefined ? undefined : Math.max(-1, Math.min(count - 1, target));
}

/** What a key does within the table; undefined where it does nothing here. */
export function keyPressed(page: RunsPage, lines: readonly Line[], key: Key): RunsEvent | undefined {
  const place = placeOf(lines, page.active);
  const target = destination(key.key, place, lines.length, key.fitting);
  if (target !== undefined) {
    const line = lines[target];
    if (!line) return { kind: 'moved', active: undefined };
    return key.range
      ? clicked({ ...page, anchor: page.anchor ?? page.active }, lines, line.key, key)
      : { kind: 'moved', active: line.key };
  }
  if (key.key === 'a' && key.toggles) return allToggled(page, lines);
  if (key.key === 'Escape') return { kind: 'selectionSet', selected: new Set() };
  return place < 0 ? headerKey(page, key.key) : lineKey(page, lines, place, key);
}

function headerKey(page: RunsPage, key: string): RunsEvent | undefined {
  const { activeColumn } = page;
  const last = tableColumns(page).length - 1;
  if (key === 'ArrowRight') return { kind: 'moved', activeColumn: Math.min(last, activeColumn + 1) };
  if (key === 'ArrowLeft') return { kind: 'moved', activeColumn: Math.max(0, activeColumn - 1) };
  return undefined;
}

function lineKey(page: RunsPage, lines: readonly Line[], place: number, { key, range }: Key): RunsEvent | undefined {
  const line = lines[place];
  if (key === ' ') return clicked(page, lines, line.key, { range, toggles: true });
  const isToggle =
    line.kind === 'group' &&
    (key === 'Enter' || (key === 'ArrowRight' && !line.isOpen) || (key === 'ArrowLeft' && line.isOpen));
  return isToggle ? { kind: 'groupToggled', group: line.key } : undefined;
}
