/** The bytes of a text file by whole lines, so that one that never ends is found before somebody looks at its characters. */
import { createReadStream } from 'node:fs';
import { memoryLimit, RAISE_LIMIT } from '../../files/memory';
import { UserError } from '../../protocol/errors';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

function countBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/**
 * The file in pieces that end where a line does, except for the last.
 * @throws UserError naming a line that is longer than a row may be.
 */
export async function* readWholeLines(path: string): AsyncGenerator<Buffer> {
  const limit = memoryLimit('row');
  let begun: Buffer[] = [];
  let length = 0;
  let line = 1;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const end = 1 + Math.max(chunk.lastIndexOf(LINE_FEED), chunk.lastIndexOf(CARRIAGE_RETURN));
    if (end > 0) {
      const lines = Buffer.concat([...begun, chunk.subarray(0, end)]);
      line += countBreaks(lines);
      yield lines;
      [begun, length] = [[], 0];
    }
    begun.push(chunk.subarray(end));
    length += chunk.length - end;
    if (length > limit) {
      throw new UserError(`The line is longer than ${limit / 2 ** 20} MiB.`, {
        location: { file: path, line, column: 1 },
        hint: `The rows of a CSV file are lines. ${RAISE_LIMIT}`,
      });
    }
  }
  yield Buffer.concat(begun);
}
