import { expect, it } from 'vitest';
import { describeEnd, endOf, type Trace, tellsFullHeap } from '../../../server/processes/ended';
import type { Limits } from '../../../server/processes/watchProcess';

const KILLED: Trace = { code: null, signal: 'SIGKILL', reason: '', isHeapFull: false, isLate: false };
const LIMITS: Limits = { memory: 40 * 2 ** 20, deadline: 1500 };

it.each<[string, Partial<Trace>, Limits]>([
  ['was ended by SIGKILL', {}, LIMITS],
  ['ended with exit code 3', { code: 3, signal: null }, LIMITS],
  ['ended with exit code 0', { code: 0, signal: null }, LIMITS],
  ['used more than 40 MiB of memory', { reason: 'memory' }, LIMITS],
  ['used more than 40 MiB of memory', { signal: 'SIGABRT', isHeapFull: true }, LIMITS],
  ['used up its memory', { isHeapFull: true }, {}],
  ['did not finish within 1.5 seconds', { reason: 'deadline' }, LIMITS],
  ['did not finish within 1.5 seconds', { isLate: true }, LIMITS],
  // What a stranger writes there is no reason.
  ['was ended by SIGKILL', { reason: 'because' }, LIMITS],
])('a process %s', (words, trace, limits) => {
  expect(describeEnd(endOf({ ...KILLED, ...trace }, limits))).toBe(words);
});

it('tells the last words of a full heap from others', () => {
  const words = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
  expect(tellsFullHeap(words)).toBe(true);
  expect(tellsFullHeap('RangeError: Array buffer allocation failed')).toBe(false);
});
