import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineSplitter } from '../../../server/processes/lines';

/** Lines of a text that comes in pieces of the given sizes. */
function split(text: string, sizes: Iterable<number>, longest?: number): string[] {
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line), longest);
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) break;
    splitter.push(bytes.subarray(start, start + size));
    start += size;
  }
  splitter.end();
  return lines;
}

it('gives the same lines, however the bytes come', () => {
  const text = fc.array(fc.constantFrom('a', 'ü', '😀', '\n', '\r\n', '\r', ' ')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (whole, sizes) => {
      const expected = whole.split(/\r\n|\n|\r/);
      if (expected.at(-1) === '') expected.pop();
      expect(split(whole, sizes)).toEqual(expected);
    }),
  );
});

it('cuts a line without end, so that it fills no memory', () => {
  expect(split('abcdefgh\nxy', Array(20).fill(1), 3)).toEqual(['abc', 'def', 'gh', 'xy']);
});
