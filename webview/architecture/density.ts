/** What pruning leaves of a node. */
import type { Selection } from '../../server/protocol/results';
import type { Module } from './folding';
import type { ShownLayer } from './uses';

export interface NodeDensity {
  readonly total: number;
  readonly kept: number;
  /** Kept weights on a path from input to output, where that is known. */
  readonly connected?: number;
  /** It has weights, none of which is left, or none on a path. */
  readonly isDead: boolean;
}

/** Undefined of nodes without weights that could be removed, and where nothing is scored. */
export function densityOf(
  module: Module,
  layers: readonly Pick<ShownLayer, 'name' | 'of'>[],
  selection: Selection | undefined,
): NodeDensity | undefined {
  const names = new Set(module.layers.map((place) => layers[place].of ?? layers[place].name));
  const own = selection?.layers.filter(({ layer }) => names.has(layer)) ?? [];
  if (own.length === 0) return undefined;
  const total = own.reduce((sum, layer) => sum + layer.total, 0);
  const kept = own.reduce((sum, layer) => sum + layer.kept, 0);
  const isKnown = own.every(({ connected }) => connected !== undefined);
  const connected = own.reduce((sum, layer) => sum + (layer.connected ?? 0), 0);
  return { total, kept, ...(isKnown && { connected }), isDead: kept === 0 || (isKnown && connected === 0) };
}
