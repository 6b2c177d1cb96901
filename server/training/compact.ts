/**
 * Masked training without the channels that the masks leave unread: nothing they hold reaches the loss, so the network
 * without them takes the same steps in less time. State, masks and metrics outside have the network's own shapes: what is
 * left is cut out when training begins and put back after each epoch. Weights of removed channels move as they would have,
 * by weight decay and penalties alone; their batch statistics, which nothing reads either, stand still.
 */
import type { Network, Noise } from '../models/types';
import type { HostTensor } from '../protocol/tensor';
import {
  type ChannelMask,
  type ChannelStructure,
  denseMacs,
  findChannels,
  livingChannels,
  shrinkNetwork,
  sliceMasks,
} from '../pruning/structured';
import {
  type KeptIndices,
  keptIndices,
  keptMask,
  keptShape,
  scatterKept,
  sliceKept,
} from '../pruning/structured/slices';
import type { Masks, Weights } from '../pruning/types';
import type { TrainingConfig } from './config';
import { type IdleParameter, stepIdle } from './idle';
import type { Optimizer } from './optimizers';
import { learningRateAt } from './schedules';
import { type HostState, parameterKey, slotKey } from './state';
import { noiseOf } from './step';
import type { CompactionSummary } from './types';

export interface Compaction {
  /** The network that is trained. */
  readonly network: Network;
  readonly masks: Masks;
  readonly summary: CompactionSummary;
  /** The part of a state that is trained. */
  cut(state: HostState): HostState;
  /** The dropout masks to be drawn, in the whole network's shapes so that chance is the same, and the part that is used. */
  readonly noise: readonly Noise[];
  cutNoise(input: string, mask: HostTensor): HostTensor;
  /** `before` with the trained part after the steps of epoch `epoch` (from 0), of which an epoch has `steps`. */
  restore(part: HostState, before: HostState, epoch: number, steps: number): HostState;
}

/**
 * The compaction of a masked network; undefined where every channel is read, where no smaller network is made, or where what is left out has a part in the
 * steps of the rest: the penalties of idle weights count in the norm that gradients are clipped to.
 */
export function compactNetwork(
  network: Network,
  masks: Masks,
  weights: Weights,
  optimizer: Optimizer,
  config: TrainingConfig,
): Compaction | undefined {
  if (masks.size === 0 || !network.shrink) return undefined;
  const { clipGradient } = config.optimizer;
  if (clipGradient !== undefined && network.parameters.some(({ regularizer }) => regularizer)) return undefined;
  const structure = findChannels(network);
  const keep = livingChannels(structure, masks);
  const kept = keep.reduce((sum, bit) => sum + bit, 0);
  if (kept === structure.entries) return undefined;
  const { network: smaller } = shrinkNetwork(structure, keep, weights);
  const places = placesOf(network, structure, keep, optimizer);
  return {
    network: smaller,
    masks: new Map([...sliceMasks(structure, keep, masks)].map(([name, { mask }]) => [name, mask])),
    summary: { channels: structure.entries, kept, denseMacs: denseMacs(network), macs: denseMacs(smaller) },
    cut: (state) =>
      new Map([...state].map(([key, tensor]) => [key, cutTensor(tensor, places.get(key)?.kept ?? [])] as const)),
    noise: noiseOf(network, config.batchSize),
    cutNoise: (input, mask) => cutTensor(mask, keptIndices(structure.axes.get(input) ?? [], keep)),
    restore(part, before, epoch, steps) {
      const state = new Map<string, HostTensor>();
      for (const [key, tensor] of before)
        state.set(key, restoreTensor(tensor, part.get(key)!, places.get(key)?.kept ?? []));
      const rates = Array.from({ length: steps }, (_, i) => learningRateAt(config, steps, epoch * steps + i));
      for (const parameter of network.parameters) {
        const { name, shape, trainable, regularizer } = parameter;
        const indices = places.get(parameterKey(name))!.kept;
        if (!trainable || indices.every((axis) => axis === undefined)) continue;
        const values = (key: string) => state.get(key)!.data as IdleParameter['weight'];
        const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, values(slotKey(slot, name))]));
        const penalty = regularizer ?? { l1: 0, l2: 0 };
        const idle = { weight: values(parameterKey(name)), slots, penalty, isDecayed: optimizer.decays(parameter) };
        stepIdle(config.optimizer, idle, keptMask(shape, indices), rates, epoch * steps);
      }
      return state;
    },
  };
}

/** Where what is left of each tensor of the state lies in it. */
function placesOf(network: Network, structure: ChannelStructure, keep: ChannelMask, optimizer: Optimizer) {
  const places = new Map<string, { readonly kept: KeptIndices }>();
  for (const { name } of network.parameters) {
    const kept = keptIndices(structure.axes.get(name) ?? [], keep);
    for (const key of [parameterKey(name), ...optimizer.slots.map((slot) => slotKey(slot, name))]) {
      places.set(key, { kept });
    }
  }
  return places;
}

function cutTensor(tensor: HostTensor, kept: KeptIndices): HostTensor {
  return { ...tensor, shape: keptShape(tensor.shape, kept), data: sliceKept(tensor.data, tensor.shape, kept) };
}

function restoreTensor(before: HostTensor, part: HostTensor, kept: KeptIndices): HostTensor {
  return { ...before, data: scatterKept(before.data, before.shape, kept, part.data) };
}
