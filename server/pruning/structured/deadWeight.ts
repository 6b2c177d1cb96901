/**
 * Channels that a mask over weights leaves without a reader. Their values reach no output, whatever they are, so they can be
 * removed exactly: no gradient comes back through them, now or later, because a masked weight stays zero. A channel that
 * nothing comes into is another matter: its bias (or the shift of its normalization) is trained and read on, so it stays.
 */
import type { Shape } from '../../protocol/tensor';
import { sizeOf } from '../../protocol/tensor';
import type { Masks } from '../types';
import type { AxisEntries, ChannelStructure } from './channels';
import { STAYS } from './labels';
import type { ChannelMask } from './slices';

/** A kernel that reads channels along one axis and makes others along another. */
interface Reader {
  /** Entries of what it reads and makes, by index. */
  readonly reads: Int32Array;
  readonly makes: AxisEntries;
  readonly outputs: number;
  /** Whether any weight between a read index and a made one is kept: `[read, made]`, row-major. */
  readonly connected: Uint8Array;
}

/** Whether a mask keeps anything between each index along one axis and each along another. */
function connections(mask: Uint8Array | undefined, shape: Shape, read: number, made: number): Uint8Array {
  const connected = new Uint8Array(shape[read] * shape[made]);
  if (!mask) return connected.fill(1);
  const [readStride, madeStride] = [read, made].map((axis) => sizeOf(shape.slice(axis + 1)));
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const from = Math.floor(i / readStride) % shape[read];
    connected[from * shape[made] + (Math.floor(i / madeStride) % shape[made])] = 1;
  }
  return connected;
}

function readersOf({ network, kernels, axes }: ChannelStructure, masks: Masks): readonly Reader[] {
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  return kernels.flatMap(({ weight, axis: made }) => {
    const shape = shapes.get(weight)!;
    const own = axes.get(weight)!;
    // A kernel that filters each channel on its own reads none for others.
    const read = own.findIndex((entries, axis) => axis !== made && entries?.some((entry) => entry !== STAYS));
    if (read < 0) return [];
    const connected = connections(masks.get(weight), shape, read, made);
    return [{ reads: own[read]!, makes: own[made], outputs: shape[made], connected }];
  });
}

/** The entries that kernels read for outputs that `living` holds, and those that always live. */
function entriesRead(readers: readonly Reader[], always: ChannelMask, living: ChannelMask): ChannelMask {
  const keep = always.slice();
  for (const { reads, makes, outputs, connected } of readers) {
    for (let from = 0; from < reads.length; from++) {
      const entry = reads[from];
      if (entry === STAYS || keep[entry] === 1) continue;
      for (let to = 0; to < outputs; to++) {
        const made = makes?.[to] ?? STAYS;
        if (connected[from * outputs + to] === 1 && (made === STAYS || living[made] === 1)) {
          keep[entry] = 1;
          break;
        }
      }
    }
  }
  return keep;
}

/**
 * The channels that something reads under `masks` (1 for each entry that stays): what only removed channels read is removed
 * too. A kernel of which nothing would stay keeps one channel, with all that it reads.
 */
export function livingChannels(structure: ChannelStructure, masks: Masks): ChannelMask {
  const readers = readersOf(structure, masks);
  // Of what no kernel reads nothing is known, so it stays.
  const always = new Uint8Array(structure.entries).fill(1);
  for (const { reads } of readers) for (const entry of reads) if (entry !== STAYS) always[entry] = 0;
  for (;;) {
    const living = settle(readers, always);
    const empty = emptyKernel(structure, living);
    if (!empty) return living;
    always[empty[0]] = 1;
  }
}

/** What is living when `always` is: from all channels down to those that another living one reads. */
function settle(readers: readonly Reader[], always: ChannelMask): ChannelMask {
  let living: ChannelMask = new Uint8Array(always.length).fill(1);
  for (;;) {
    const next = entriesRead(readers, always, living);
    if (next.every((bit, entry) => bit === living[entry])) return living;
    living = next;
  }
}

/** The entries of a kernel none of whose channels is kept. */
function emptyKernel({ kernels, axes }: ChannelStructure, keep: ChannelMask): Int32Array | undefined {
  return kernels
    .map(({ weight, axis }) => axes.get(weight)![axis])
    .find((made) => made?.every((entry) => entry !== STAYS && keep[entry] === 0));
}
