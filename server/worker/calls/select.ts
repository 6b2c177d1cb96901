/** What a sparsity leaves of each tensor, from stored scores. */
import type { Network, Parameter } from '../../models/types';
import type { LayerSelection, Selection } from '../../protocol/results';
import { sizeOf } from '../../protocol/tensor';
import { countKept } from '../../pruning';
import { type Cutoffs, masksOf } from '../scores/cutoffs';
import type { StoredScore } from '../scores/store';
import type { CallHandler } from '../session';

/**
 * Multiply-accumulates that a kernel takes part in. A layer of several kernels, as a separable convolution, uses every
 * weight of all of them equally often, so its cost is shared out by their sizes.
 */
function macsOf(network: Network, parameter: Parameter): number {
  const layer = network.layers.find(({ name }) => name === parameter.layer);
  const kernels = network.parameters.filter((one) => one.layer === parameter.layer && one.role === 'kernel');
  const size = kernels.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return layer && size > 0 ? (layer.macs * sizeOf(parameter.shape)) / size : 0;
}

/** The lowest score that stays; where none does, the highest there is. */
function lowestKept({ ranking }: StoredScore, cutoffs: Cutoffs): number {
  const thresholds = [...cutoffs.values()].filter(({ kept }) => kept > 0).map(({ threshold }) => threshold);
  if (thresholds.length > 0) return Math.min(...thresholds);
  return Math.max(...ranking.tensors.map(({ sorted }) => sorted.at(sorted.length - 1)));
}

function layersOf({ network, scores }: StoredScore, cutoffs: Cutoffs): LayerSelection[] {
  return network.parameters
    .filter(({ name }) => scores.has(name))
    .map((parameter) => {
      const total = sizeOf(parameter.shape);
      const { kept } = cutoffs.get(parameter.name)!;
      const macs = macsOf(network, parameter);
      return {
        layer: parameter.layer,
        weight: parameter.name,
        total,
        kept,
        macs: Math.round(macs),
        sparseMacs: Math.round((macs * kept) / total),
      };
    });
}

/** Layers of which nothing is left, in any of their tensors that were scored. */
function collapsedLayers(layers: readonly LayerSelection[]): string[] {
  return [...new Set(layers.filter(({ kept }) => kept === 0).map(({ layer }) => layer))];
}

function selectionOf(score: StoredScore, sparsity: number, cutoffs: Cutoffs): Selection {
  const layers = layersOf(score, cutoffs);
  const sum = (value: (layer: LayerSelection) => number) => layers.reduce((total, layer) => total + value(layer), 0);
  return {
    scoreId: score.summary.scoreId,
    sparsity,
    threshold: lowestKept(score, cutoffs),
    prunable: sum(({ total }) => total),
    kept: sum(({ kept }) => kept),
    layers,
    collapsed: collapsedLayers(layers),
    disconnected: [],
  };
}

export const select: CallHandler<'select'> = async (
  { scoreId, sparsity, paths, minPerLayer },
  { session, trusted },
) => {
  const score = session.scores.get(scoreId);
  const cutoffs = session.scores.cutoffs(score, sparsity, minPerLayer);
  const selection = selectionOf(score, sparsity, cutoffs);
  if (!paths) return selection;
  const { backend } = score.summary;
  const executor = session.executors.known(backend) ?? (await session.executors.open({ backend }, trusted));
  const masks = masksOf(score.scores, cutoffs);
  const found = await session.paths.connected(score, executor, masks);
  const layers = selection.layers.map((layer) => ({ ...layer, connected: countKept(found.get(layer.weight)!) }));
  // As `prunelens score` reports it: any of a layer's tensors that keeps weights, none of them on a path.
  const cut = layers.filter(({ kept, connected }) => kept > 0 && connected === 0);
  return { ...selection, layers, disconnected: [...new Set(cut.map(({ layer }) => layer))] };
};
