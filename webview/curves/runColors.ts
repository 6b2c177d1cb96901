/** A color a run, which it keeps whatever other runs are shown. */
import type { RunSummary } from '../../server/protocol/results';

/** A whole number from a text (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  return hash;
}

/**
 * The place of each run's color among `count`. Runs choose in the order of their starts, each the color that its folder names, or the
 * next one that is free: so runs that are added later change nothing.
 */
export function colorPlaces(
  runs: readonly Pick<RunSummary, 'run' | 'started'>[],
  count: number,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const taken = new Set<number>();
  const oldest = [...runs].sort(
    (a, b) => (a.started ?? '').localeCompare(b.started ?? '') || a.run.localeCompare(b.run),
  );
  for (const { run } of oldest) {
    // All are in use: from here on they come again.
    if (taken.size === count) taken.clear();
    let place = hashOf(run.split(/[\\/]/).at(-1)!) % count;
    while (taken.has(place)) place = (place + 1) % count;
    taken.add(place);
    places.set(run, place);
  }
  return places;
}
