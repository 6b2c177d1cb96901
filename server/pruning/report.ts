/** What a mask leaves of each layer. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { SourceLocation } from '../protocol/errors';
import type { Shape } from '../protocol/tensor';
import { connectedMasks } from './connectivity';
import { countPaths } from './paths';
import { countKept } from './selection';
import type { Masks } from './types';

export interface LayerSparsity {
  readonly layer: string;
  /** Parameter name, `conv1/kernel`. */
  readonly weight: string;
  readonly shape: Shape;
  readonly total: number;
  /** Weights whose mask is 1. */
  readonly kept: number;
  /** Nominal sparsity: fraction of weights whose mask is 0. */
  readonly sparsity: number;
  /** Kept weights that lie on a path from input to output. */
  readonly connected: number;
  /** Fraction of weights that cannot influence the output: masked, or on no path. */
  readonly effectiveSparsity: number;
  /** Units (neurons, channels) that the weights lead to. */
  readonly nodes: number;
  /** Of these, units that a path from input to output reaches through them. */
  readonly effectiveNodes: number;
  /** log10 of the number of paths from input to output through the kept weights; null where there are none. */
  readonly log10Paths: number | null;
  readonly source?: SourceLocation;
}

export interface SparsityReport {
  readonly layers: readonly LayerSparsity[];
  readonly prunable: number;
  readonly kept: number;
  readonly connected: number;
  /** log10 of the number of paths from input to output; null where there are none. */
  readonly log10Paths: number | null;
  /** Layers of which nothing is left (layer collapse). */
  readonly collapsed: readonly string[];
  /** Layers that keep weights, none of which is on a path from input to output. */
  readonly disconnected: readonly string[];
}

/** Nominal and effective sparsity of each masked tensor. The executor finds the paths. */
export async function reportSparsity(executor: Executor, network: Network, masks: Masks): Promise<SparsityReport> {
  const connected = await connectedMasks(executor, network, masks);
  const paths = countPaths(network, connected);
  const sources = new Map(network.layers.map(({ name, source }) => [name, source[0]]));
  const layers = network.parameters
    .filter(({ name }) => masks.has(name))
    .map(({ name, layer, shape }): LayerSparsity => {
      const total = masks.get(name)!.length;
      const kept = countKept(masks.get(name)!);
      const reached = countKept(connected.get(name)!);
      return {
        layer,
        weight: name,
        shape,
        total,
        kept,
        sparsity: 1 - kept / total,
        connected: reached,
        effectiveSparsity: 1 - reached / total,
        nodes: paths.units.get(name)?.total ?? 0,
        effectiveNodes: paths.units.get(name)?.reached ?? 0,
        log10Paths: paths.throughWeight.get(name) ?? null,
        source: sources.get(layer),
      };
    });
  const sum = (value: (layer: LayerSparsity) => number) => layers.reduce((total, layer) => total + value(layer), 0);
  const named = (test: (layer: LayerSparsity) => boolean) => [
    ...new Set(layers.filter(test).map(({ layer }) => layer)),
  ];
  return {
    layers,
    prunable: sum(({ total }) => total),
    kept: sum(({ kept }) => kept),
    connected: sum((layer) => layer.connected),
    log10Paths: paths.total,
    collapsed: named(({ kept }) => kept === 0),
    disconnected: named((layer) => layer.kept > 0 && layer.connected === 0),
  };
}
