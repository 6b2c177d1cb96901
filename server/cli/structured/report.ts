/** What is told of channels: their groups, what stays of them, and what that costs and saves. */
import { formatCount, formatPercent } from '../../format';
import type { Network } from '../../models/types';
import { sizeOf } from '../../protocol/tensor';
import type { ChannelGroup, ChannelMask, ChannelStructure } from '../../pruning/structured';
import { denseMacs } from '../../pruning/structured';
import { formatTable } from '../terminal/table';

function countKept({ entries }: ChannelGroup, keep: ChannelMask): number {
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

/** Why the channels of a group go together. */
function describeGroup({ outputs, ties }: ChannelGroup): string {
  if (outputs.length === 1 && ties.length === 0) return 'on its own';
  return ties.length > 0 ? `go together through ${ties.join(', ')}` : 'go together';
}

/** One line a group, then one a kernel that is not cut. */
export function channelsTable({ groups, uncut }: ChannelStructure, keep: ChannelMask): string {
  const rows = groups.map((group) => [
    group.outputs.map(({ layer }) => layer).join(', '),
    formatCount(group.entries.length),
    formatCount(countKept(group, keep)),
    describeGroup(group),
  ]);
  const others = uncut.map(({ layer, staying, reason }) => [
    layer,
    formatCount(staying),
    formatCount(staying),
    `not cut: ${reason}`,
  ]);
  return formatTable(
    [{ title: 'layers' }, { title: 'channels', align: 'right' }, { title: 'kept', align: 'right' }, { title: 'why' }],
    [...rows, ...others],
  );
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

/** Weights and multiplications before and after, and the time of a training step where it was measured. */
export function sizesTable(before: Sizes, after: Sizes, times: StepTimes | undefined): string {
  const row = (title: string, old: number, now: number) => [
    title,
    formatCount(old),
    formatCount(now),
    formatPercent(1 - now / old),
  ];
  const measured = times && [
    `training step of ${times.batchSize}, measured`,
    `${times.denseSeconds.toFixed(4)} s`,
    `${times.shrunkSeconds.toFixed(4)} s`,
    formatPercent(1 - times.shrunkSeconds / times.denseSeconds),
  ];
  return formatTable(
    [
      { title: '' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
      { title: 'less', align: 'right' },
    ],
    [
      row('parameters', before.parameters, after.parameters),
      row('MACs per example', before.macs, after.macs),
      ...(measured ? [measured] : []),
    ],
  );
}
