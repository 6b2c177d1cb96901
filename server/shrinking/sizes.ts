/** What channels cost and save, as plain data. */
import type { Network } from '../models/types';
import { sizeOf } from '../protocol/tensor';
import type { ChannelGroup, ChannelMask, ChannelStructure } from '../pruning/structured';
import { denseMacs } from '../pruning/structured';

export function countKept({ entries }: ChannelGroup, keep: ChannelMask): number {
  return entries.reduce((sum, entry) => sum + keep[entry], 0);
}

/** Number of values of all parameters. */
export function countParameters({ parameters }: Pick<Network, 'parameters'>): number {
  return parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Groups and what is not cut, for the documents of `score`, `prune` and `shrink`. */
export function channelsJson({ groups, uncut, entries }: ChannelStructure, keep: ChannelMask) {
  return {
    channels: entries,
    keptChannels: keep.reduce((sum, bit) => sum + bit, 0),
    groups: groups.map((group) => ({
      layers: group.outputs.map(({ layer }) => layer),
      weights: group.outputs.map(({ weight }) => weight),
      channels: group.entries.length,
      kept: countKept(group, keep),
      tiedBy: group.ties,
    })),
    uncut: uncut.map(({ layer, weight, staying, channels, reason }) => ({ layer, weight, channels, staying, reason })),
  };
}

/** What a training step takes before and after. */
export interface StepTimes {
  readonly batchSize: number;
  readonly denseSeconds: number;
  readonly shrunkSeconds: number;
}

/** Numbers of parameters, and of multiplications an example. */
export interface Sizes {
  readonly parameters: number;
  readonly macs: number;
}

export function sizesOf(network: Network): Sizes {
  return { parameters: countParameters(network), macs: denseMacs(network) };
}
