/** Code that is nested so deep that nobody wrote it: parsers, and what goes down their trees, call themselves for each level. */
import { UserError } from '../protocol/errors';

function isFullStack(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

/** Does what reads code. @throws UserError where that is nested deeper than the stack allows. */
export function withinStack<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isFullStack(error)) throw error;
    throw new UserError('The code is nested too deep to be read.', { location: { file, line: 1, column: 1 } });
  }
}
