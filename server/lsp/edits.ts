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

/** Where a place of revision `revision` is after all later `edits` (in their order); undefined where it is gone. */
export function followEdits(place: Place, edits: readonly Edit[], revision: number): Place | undefined {
  let at: Place | undefined = place;
  for (const edit of edits) {
    if (edit.revision <= revision) continue;
    at = at && follow(at, edit);
  }
  return at;
}
