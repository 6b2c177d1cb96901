/** Scores as safetensors under the names of the weights. */
import { writeSafetensors } from '../files/safetensors';
import type { Network } from '../models/types';
import { floatTensor, type Shape } from '../protocol/tensor';
import type { Scores } from '../pruning';
import type { ChannelSaliency, ChannelStructure } from '../pruning/structured';
import { shapesOf } from './maskFile';

/** Writes one score a weight. @param shapes of the scores' tensors, and of any others. */
export async function writeScores(path: string, scores: Scores, shapes: ReadonlyMap<string, Shape>): Promise<void> {
  const tensors = Array.from(scores, ([name, values]) => [name, floatTensor(shapes.get(name)!, values)] as const);
  await writeSafetensors(path, new Map(tensors));
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
  const shapes = shapesOf(network);
  const tensors = structure.kernels.flatMap(({ weight, axis }) => {
    const scores = saliency.kernels.get(weight);
    const shape = shapes.get(weight)!.map((extent, i) => (i === axis ? extent : 1));
    return scores ? [[weight, floatTensor(shape, scores)] as const] : [];
  });
  await writeSafetensors(path, new Map(tensors));
}
