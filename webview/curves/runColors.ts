/** A color a run that is shown, which it keeps whatever other runs are shown, come or go. */
import type { RunSummary } from '../../server/protocol/results';
import { PLAIN_COLORS, SERIES_COLORS } from '../shared/seriesColors';

/** As many as there are in every theme. */
const COLORS = SERIES_COLORS.light.length;
const PLACES = Array.from({ length: COLORS }, (_, place) => place);
const [PLAIN, SIMILAR] = [PLACES.slice(0, PLAIN_COLORS), PLACES.slice(PLAIN_COLORS)];

/** A whole number from a text (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  return hash;
}

/** The first of some places, from one on, that is free. */
function freeFrom(start: number, places: readonly number[], isFree: (place: number) => boolean): number | undefined {
  return places.map((_, step) => places[(start + step) % places.length]).find(isFree);
}

/**
 * The place of each run's color in the list of colors. Runs that have one in `known` keep it. The others choose in the order of their
 * starts, each the color that its folder names, or the next one that no more runs have than any other, of those that are told apart best
 * while there are any: so the same runs have the same colors in every window, and runs that are added later or deleted change nothing.
 */
export function colorPlaces(
  runs: readonly Pick<RunSummary, 'run' | 'started'>[],
  known: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const places = new Map(runs.flatMap(({ run }) => (known.has(run) ? [[run, known.get(run)!] as const] : [])));
  const uses = new Array<number>(COLORS).fill(0);
  for (const place of places.values()) uses[place]++;
  const oldest = runs
    .filter(({ run }) => !places.has(run))
    .sort((a, b) => (a.started ?? '').localeCompare(b.started ?? '') || a.run.localeCompare(b.run));
  for (const { run } of oldest) {
    const least = Math.min(...uses);
    const named = hashOf(run.split(/[\\/]/).at(-1)!);
    const isFree = (place: number) => uses[place] === least;
    const place = (freeFrom(named, PLAIN, isFree) ?? freeFrom(named, SIMILAR, isFree))!;
    uses[place]++;
    places.set(run, place);
  }
  return places;
}
