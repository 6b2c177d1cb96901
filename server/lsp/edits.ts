/** Following places of a text through its edits. Lines and characters count from 0. */

export interface Place {
  readonly line: number;
  readonly character: number;
}

/** One replacement of text. `revision` is that of all documents after it. */
export interface Edit {
  readonly revision: number;
  readonly start: Place;
  readonly end: Place;
  /** Where the new text ends. */
  readonly newEnd: Place;
}

function placeAt(text: string, offset: number): Place {
  let line = 0;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, character: offset - lineStart };
}

/** The smallest replacement that turns `before` into `after`; undefined where they are equal. */
export function editBetween(before: string, after: string, revision: number): Edit | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let prefix = 0;
  while (prefix < shorter && before[prefix] === after[prefix]) prefix++;
  let suffix = 0;
  while (suffix < shorter - prefix && before[before.length - 1 - suffix] === after[after.length - 1 - suffix]) {
    suffix++;
  }
  return {
    revision,
    start: placeAt(before, prefix),
    end: placeAt(before, before.length - suffix),
    newEnd: placeAt(after, after.length - suffix),
  };
}

function isBefore(a: Place, b: Place): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

/** Where a place is after an edit; undefined where its line was removed. */
function follow(place: Place, { start, end, newEnd }: Edit): Place | undefined {
  if (!isBefore(place, end)) {
    const character = place.line === end.line ? place.character - end.character + newEnd.character : place.character;
    return { line: place.line - end.line + newEnd.line, character };
  }
  if (isBefore(place, start)) return place;
  // Of its line something must be left.
  const lineStays = place.line === start.line && (start.character > 0 || end.line === start.line);
  return lineStays ? start : undefined;
}

/** The edits of a text, and where they moved its places to. */
export interface EditHistory {
  add(edit: Edit): void;
  /** Revision of the last edit; 0 where there is none. */
  lastRevision(): number;
  /** Where a place of revision `revision` is now; undefined where it is gone. */
  follow(place: Place, revision: number): Place | undefined;
}

/** Places that are remembered: those of the layers of a few models, many times over. */
const MOST_REMEMBERED = 10_000;

/** How many of the edits, in their order, are up to `revision`. */
function countUntil(edits: readonly Edit[], revision: number): number {
  let [low, high] = [0, edits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edits[middle].revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A history in which following a place costs what was edited since it was followed last, however long the history is. */
export function createEditHistory(): EditHistory {
  const edits: Edit[] = [];
  const remembered = new Map<string, { readonly count: number; readonly place: Place | undefined }>();
  return {
    add(edit) {
      edits.push(edit);
    },
    lastRevision: () => edits.at(-1)?.revision ?? 0,
    follow(place, revision) {
      const key = `${place.line}:${place.character}:${revision}`;
      const known = remembered.get(key) ?? { count: countUntil(edits, revision), place };
      let at = known.place;
      for (let i = known.count; at && i < edits.length; i++) at = follow(at, edits[i]);
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(key, { count: edits.length, place: at });
      return at;
    },
  };
}
