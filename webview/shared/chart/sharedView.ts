/** Charts of the same x that are looked at together: one cursor, and one part of x that they show. */

export type Part = readonly [low: number, high: number];

/** A chart among them. */
export interface Member {
  /** The cursor of another one is at this value of x; undefined where it has left. */
  showCursor(x: number | undefined): void;
  /** Another one shows this part of x; undefined for all. */
  showPart(part: Part | undefined): void;
}

export interface SharedView {
  /** Takes a chart in, which gets the part that is shown; the answer takes it out again. */
  join(member: Member): () => void;
  /** What the user does in one of them, told to the others. */
  tellCursor(from: Member, x: number | undefined): void;
  tellPart(from: Member, part: Part | undefined): void;
}

export function createSharedView(): SharedView {
  const members = new Set<Member>();
  let shown: Part | undefined;
  const others = (from: Member) => [...members].filter((member) => member !== from);
  return {
    join(member) {
      members.add(member);
      if (shown) member.showPart(shown);
      return () => void members.delete(member);
    },
    tellCursor(from, x) {
      for (const member of others(from)) member.showCursor(x);
    },
    tellPart(from, part) {
      shown = part;
      for (const member of others(from)) member.showPart(part);
    },
  };
}
