/** How many threads compute. */
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { processorName, threadCount } from '../../../server/executors/processor';

it('computes on as many threads as the environment says, or the machine has', () => {
  expect(threadCount({})).toBe(availableParallelism());
  expect(threadCount({ PRUNELENS_THREADS: '' })).toBe(availableParallelism());
  expect(threadCount({ PRUNELENS_THREADS: '3' })).toBe(3);
  for (const text of ['0', '1.5', 'many', '-2', '1e9']) {
    expect(() => threadCount({ PRUNELENS_THREADS: text })).toThrow(`PRUNELENS_THREADS in the environment is "${text}"`);
  }
});

it('names the processor with its threads', () => {
  expect(processorName(1)).toMatch(/\S, 1 thread$/);
  expect(processorName(4)).toMatch(/\S, 4 threads$/);
});
