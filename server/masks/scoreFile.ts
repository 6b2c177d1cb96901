/** Scores as safetensors under the names of the weights. */
import { writeSafetensors } from '../files/safetensors';
import { storedTensors } from '../models/stored';
import type { Network } from '../models/types';
import { floatTensor } from '../protocol/tensor';
import type { Scores } from '../pruning';
import type { ChannelSaliency, ChannelStructure } from '../pruning/structured';

/** Writes one score a weight, under the names and in the layouts of the network's framework. */
export async function writeScores(path: string, network: Network, scores: Scores): Promise<void> {
  await writeSafetensors(path, storedTensors(network, scores));
}

/**
 * Writes, for each scored kernel, one score an output channel, [1, …, 1, out], of that kernel on its own; the selection uses the
 * sums over groups.
 */
export async function writeChannelScores(
  path: string,
  network: Network,
  structure: ChannelStructure,
  saliency: ChannelSaliency,
): Promise<void> {
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const tensors = structure.kernels.flatMap(({ weight, axis }) => {
    const scores = saliency.kernels.get(weight);
    const shape = shapes.get(weight)!.map((extent, i) => (i === axis ? extent : 1));
    return scores ? [[weight, floatTensor(shape, scores)] as const] : [];
  });
  await writeSafetensors(path, new Map(tensors));
}
