/** Sharing a number of weights out over tensors in proportion, none getting more than it has. */

export interface Quotas {
  /** Numbers, not whole, that add up to the total. */
  readonly quotas: readonly number[];
  /** The places of those whose proportion asked for more than they have: they are full, the others share the rest. */
  readonly full: readonly number[];
}

export interface Shares extends Pick<Quotas, 'full'> {
  /** Whole numbers that add up to the total. */
  readonly counts: readonly number[];
}

/** As `quotasOf`, with shares made whole by largest remainder, the first among equals. */
export function shareOut(
  total: number,
  wanted: readonly number[],
  sizes: readonly number[],
  least?: readonly number[],
): Shares {
  const { quotas, full } = quotasOf(total, wanted, sizes, least);
  return { counts: wholeNumbers(total, quotas, sizes), full };
}

/**
 * `total` shared out in proportion to `wanted`, each share within its least and its size. Shares that leave these
 * bounds are held there and the others share the rest, until all fit.
 *
 * @param wanted numbers that are not negative; only their proportions matter. Where all are 0, sizes stand for them.
 * @param total between the sum of the least and the sum of the sizes.
 */
export function quotasOf(
  total: number,
  wanted: readonly number[],
  sizes: readonly number[],
  least: readonly number[] = sizes.map(() => 0),
): Quotas {
  const places = sizes.map((_, i) => i);
  const held = new Map<number, number>();
  const full = new Set<number>();
  let quotas: number[] = [];
  for (;;) {
    const open = places.filter((i) => !held.has(i));
    const left = total - [...held.values()].reduce((sum, count) => sum + count, 0);
    const isWanted = open.some((i) => wanted[i] > 0);
    const part = (i: number) => (isWanted ? wanted[i] : sizes[i]);
    const parts = open.reduce((sum, i) => sum + part(i), 0);
    quotas = places.map((i) => held.get(i) ?? (left * part(i)) / parts);
    const over = open.filter((i) => quotas[i] > sizes[i]);
    const under = open.filter((i) => quotas[i] < least[i]);
    if (over.length === 0 && under.length === 0) break;
    const excess = over.reduce((sum, i) => sum + quotas[i] - sizes[i], 0);
    const lack = under.reduce((sum, i) => sum + least[i] - quotas[i], 0);
    // What the others gain or lose decides which bound holds in the end: the larger sum moves them its way.
    if (excess >= lack) {
      for (const i of over) {
        held.set(i, sizes[i]);
        full.add(i);
      }
    } else for (const i of under) held.set(i, least[i]);
  }
  return { quotas, full: [...full] };
}

function wholeNumbers(total: number, quotas: readonly number[], sizes: readonly number[]): number[] {
  const counts = quotas.map(Math.floor);
  let missing = total - counts.reduce((sum, count) => sum + count, 0);
  const remainder = (i: number) => quotas[i] - counts[i];
  const byRemainder = quotas.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const i of byRemainder) {
    if (missing === 0) break;
    if (counts[i] < sizes[i]) {
      counts[i]++;
      missing--;
    }
  }
  return counts;
}
