/** What is told of channels: their groups, what stays of them, and what that costs and saves. */
import { formatCount, formatPercent } from '../../format';
import type { ChannelGroup, ChannelMask, ChannelStructure } from '../../pruning/structured';
import { countKept, type Sizes, type StepTimes } from '../../shrinking/sizes';
import { formatTable } from '../terminal/table';

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
