/** Mistakes in a text that somebody wrote, told together. */
import { formatError, type SourceLocation, UserError } from './errors';

export interface Mistake {
  readonly message: string;
  /** Where in the text, in characters. */
  readonly offset: number;
}

/** So many are told; who mends these sees the next. */
const MOST_TOLD = 20;

/**
 * One error (usage) for all `mistakes`, at least one, in the order of the text: the first is its own, the others are lines of its message. Of many
 * the first are told, and how many more there are.
 */
export function mistakesError(mistakes: readonly Mistake[], locate: (offset: number) => SourceLocation): UserError {
  const told = mistakes.toSorted((a, b) => a.offset - b.offset).slice(0, MOST_TOLD);
  const [first, ...others] = told.map(
    ({ message, offset }) => new UserError(message, { kind: 'usage', location: locate(offset) }),
  );
  const more = mistakes.length - told.length;
  const message = [
    first.message,
    ...others.map(formatError),
    ...(more > 0 ? [`There ${more === 1 ? 'is 1 more mistake' : `are ${more} more mistakes`} in this file.`] : []),
  ].join('\n');
  return new UserError(message, { kind: 'usage', ...(first.location && { location: first.location }) });
}

/** `#/a/b` and all that it is within, from inside out: `#/a`, `#`. */
export function outerPaths(path: string): readonly string[] {
  const outer = [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
  return [path, ...outer.toReversed()];
}
