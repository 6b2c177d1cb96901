/** Choosing which channels stay: exactly so many entries, or as many as a number of weights allows. */
import { UserError, usageError } from '../../protocol/errors';
import { keptCount } from '../selection';
import type { ChannelStructure } from './channels';
import { keptParameters } from './cost';
import { STAYS } from './labels';
import type { ChannelMask } from './slices';

export interface ChannelSelection {
  /** Fraction removed, in [0, 1). */
  readonly sparsity: number;
  /**
   * What the fraction is of: `channels` keeps exactly round((1 - sparsity) n) of the n entries that can be removed;
   * `parameters` removes the fewest entries, lowest scores first, with which at least that fraction of the prunable weights is
   * gone.
   */
  readonly of?: 'channels' | 'parameters';
  /** Names of the weights that `parameters` counts. */
  readonly prunable: readonly string[];
  /** `global` (the default) ranks the entries of all groups together; `per-layer` prunes each group to the same sparsity. */
  readonly scope?: 'global' | 'per-layer';
  /** Every kernel keeps at least so many output channels (or all it has); 1 at least, and by default. */
  readonly minPerLayer?: number;
}

/** Entries from the highest score to the lowest, earlier ones first among equals. */
function ranked(scores: Float32Array, entries: Iterable<number>): number[] {
  return [...entries].sort((a, b) => scores[b] - scores[a] || a - b);
}

/** The entries that must stay so that every kernel keeps `least` channels: its best ones. */
function protectedEntries({ kernels, axes }: ChannelStructure, scores: Float32Array, least: number): Set<number> {
  const staying = new Set<number>();
  for (const { weight, axis } of kernels) {
    const made = axes.get(weight)![axis];
    if (!made) continue;
    const always = made.filter((entry) => entry === STAYS || staying.has(entry)).length;
    const open = new Set(made.filter((entry) => entry !== STAYS && !staying.has(entry)));
    for (const entry of ranked(scores, open).slice(0, Math.max(0, least - always))) staying.add(entry);
  }
  return staying;
}

/** The mask that keeps the given entries. */
function maskOf(entries: number, kept: Iterable<number>): ChannelMask {
  const mask = new Uint8Array(entries);
  for (const entry of kept) mask[entry] = 1;
  return mask;
}

/**
 * The channels that stay, by score, ties broken by number; the best channel of every kernel always does, so that whatever is
 * asked for gives a valid network.
 * @throws a UserError where a score is NaN or infinite, or where so much cannot be removed.
 */
export function selectChannels(
  structure: ChannelStructure,
  scores: Float32Array,
  selection: ChannelSelection,
): ChannelMask {
  const { sparsity, of = 'channels', scope = 'global', minPerLayer = 1 } = selection;
  const { entries, groups } = structure;
  if (!(sparsity >= 0 && sparsity < 1)) throw usageError(`sparsity ${sparsity} is outside [0, 1)`);
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) throw new UserError(`the score of channel ${bad} is ${scores[bad]}`);
  const staying = protectedEntries(structure, scores, Math.max(1, minPerLayer));
  const open = (members: Iterable<number>) => [...members].filter((entry) => !staying.has(entry));

  if (of === 'parameters') {
    if (scope === 'per-layer') throw usageError('A sparsity of parameters is counted over all layers, not in each.');
    return selectByParameters(structure, ranked(scores, open(Array(entries).keys())), staying, selection);
  }
  if (scope === 'per-layer') {
    const kept = groups.flatMap(({ entries: members }) => {
      const own = [...members].filter((entry) => staying.has(entry));
      const count = Math.max(0, keptCount(members.length, sparsity) - own.length);
      return [...own, ...ranked(scores, open(members)).slice(0, count)];
    });
    return maskOf(entries, kept);
  }
  const count = keptCount(entries, sparsity);
  if (staying.size > count) {
    throw new UserError(
      `Of the ${entries} channels ${count} would stay, but ${staying.size} must: some in every layer.`,
      {
        kind: 'usage',
        hint: 'Lower the sparsity or --min-per-layer.',
      },
    );
  }
  const others = ranked(scores, open(Array(entries).keys())).slice(0, count - staying.size);
  return maskOf(entries, [...staying, ...others]);
}

function selectByParameters(
  structure: ChannelStructure,
  order: readonly number[],
  staying: ReadonlySet<number>,
  { sparsity, prunable }: ChannelSelection,
): ChannelMask {
  const names = new Set(prunable);
  const keep = (count: number) => maskOf(structure.entries, [...staying, ...order.slice(0, count)]);
  const target = (1 - sparsity) * keptParameters(structure, names, keep(order.length));
  // The most entries of the ranking with which no more than the target is left: what is left grows with each of them.
  let fits = -1;
  let exceeds = order.length + 1;
  while (exceeds - fits > 1) {
    const middle = (fits + exceeds) >> 1;
    if (keptParameters(structure, names, keep(middle)) <= target) fits = middle;
    else exceeds = middle;
  }
  if (fits < 0) {
    const least = keptParameters(structure, names, keep(0));
    throw new UserError(`At most ${Math.round(target)} weights would stay, but with one channel a layer ${least} do.`, {
      kind: 'usage',
      hint: 'Lower the sparsity or --min-per-layer.',
    });
  }
  return keep(fits);
}
