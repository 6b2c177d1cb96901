/** Which layers are listed, in which order, and which of them are folded into the module that holds them. */
import type { ModelSummary } from '../../server/protocol/results';
import { moduleTree } from '../architecture/folding';
import type { RowNumbers } from './rowNumbers';

export type LayerOrder = 'network' | 'sparsity' | 'size' | 'collapse';

/** What is chosen of the list; kept over a reload. */
export interface ListChoice {
  /** Words that are searched for, in names, kinds and shapes. */
  readonly find: string;
  readonly order: LayerOrder;
  /** Names of modules whose layers are not listed. */
  readonly folded: readonly string[];
}

export const FIRST_LIST: ListChoice = { find: '', order: 'network', folded: [] };

export const ORDERS: readonly { readonly value: LayerOrder; readonly label: string }[] = [
  { value: 'network', label: 'Network' },
  { value: 'sparsity', label: 'Sparsest first' },
  { value: 'size', label: 'Largest first' },
  { value: 'collapse', label: 'Nearest to collapse' },
];

export interface LayerGroup {
  readonly name: string;
  readonly rows: readonly RowNumbers[];
  readonly isFolded: boolean;
}

/** A row, or the heading of a group: its rows follow where it is not folded. */
export type ListEntry =
  | { readonly kind: 'row'; readonly row: RowNumbers }
  | { readonly kind: 'group'; readonly group: LayerGroup };

/** Rows that have all the words. */
export function foundRows(rows: readonly RowNumbers[], find: string): readonly RowNumbers[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = `${row.weight} ${row.layer} ${row.className} ${row.shape.join('×')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What layers are ordered by: the least comes first. */
const KEYS: { readonly [Order in Exclude<LayerOrder, 'network'>]: (row: RowNumbers) => number } = {
  sparsity: ({ kept, total }) => kept / total,
  size: ({ total }) => -total,
  // While paths are not followed yet, all that is kept counts.
  collapse: ({ kept, connected = kept, total }) => connected / total,
};

function ordered(rows: readonly RowNumbers[], order: LayerOrder): readonly RowNumbers[] {
  if (order === 'network') return rows;
  const key = KEYS[order];
  return [...rows].sort((a, b) => key(a) - key(b));
}

/** The outermost modules that hold more than one of the layers, by the layers in them. */
function groupNames({ layers }: Pick<ModelSummary, 'layers'>): ReadonlyMap<string, string> {
  const groups = moduleTree({ layers }).children.filter(({ children }) => children.length > 0);
  return new Map(groups.flatMap(({ path, layers: places }) => places.map((at) => [layers[at].name, path] as const)));
}

/** Whether the list has groups at all: only in the order of the network do their layers follow each other. */
export function hasGroups(summary: Pick<ModelSummary, 'layers'>, order: LayerOrder): boolean {
  return order === 'network' && groupNames(summary).size > 0;
}

export function listEntries(
  summary: Pick<ModelSummary, 'layers'>,
  rows: readonly RowNumbers[],
  { find, order, folded }: ListChoice,
): readonly ListEntry[] {
  const shown = ordered(foundRows(rows, find), order);
  if (order !== 'network') return shown.map((row) => ({ kind: 'row', row }));
  const names = groupNames(summary);
  const groups = new Map<string, RowNumbers[]>();
  for (const row of shown) {
    const name = names.get(row.layer);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const told = new Set<string>();
  return shown.flatMap((row): readonly ListEntry[] => {
    const name = names.get(row.layer);
    const entry = { kind: 'row', row } as const;
    if (name === undefined) return [entry];
    const isFolded = folded.includes(name);
    const rest = isFolded ? [] : [entry];
    if (told.has(name)) return rest;
    told.add(name);
    return [{ kind: 'group', group: { name, rows: groups.get(name)!, isFolded } }, ...rest];
  });
}

/** All names of groups, to fold or unfold them together. */
export function allGroups(summary: Pick<ModelSummary, 'layers'>): readonly string[] {
  return [...new Set(groupNames(summary).values())];
}

/** What a group comes to: of its layers together. */
export function groupNumbers(rows: readonly RowNumbers[]) {
  const sum = (value: (row: RowNumbers) => number) => rows.reduce((total, row) => total + value(row), 0);
  return { kept: sum(({ kept }) => kept), total: sum(({ total }) => total) };
}
