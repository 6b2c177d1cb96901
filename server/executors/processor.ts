/** The processor, and how many of its threads compute. */
import { availableParallelism, cpus } from 'node:os';
import { usageError } from '../protocol/errors';

/** Environment variable that limits them, for jobs that share a machine. */
export const THREADS_VARIABLE = 'PRUNELENS_THREADS';

/** More than any machine has, and fewer than libraries fail with. */
const MOST_THREADS = 1024;

/**
 * As many threads as `PRUNELENS_THREADS` says, else as many as the machine runs at once.
 *
 * @throws UserError (usage) where the variable is no whole number from 1 to 1,024.
 */
export function threadCount(environment: { readonly [name: string]: string | undefined } = process.env): number {
  const text = environment[THREADS_VARIABLE];
  if (text === undefined || text === '') return availableParallelism();
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_THREADS) return count;
  throw usageError(
    `${THREADS_VARIABLE} is "${text}".`,
    `Set it to a whole number from 1 to ${MOST_THREADS}, or unset it: a machine has no more threads.`,
  );
}

/** The processor's name and how many threads are used, e.g. `AMD EPYC, 2 threads`. */
export function processorName(threads = threadCount()): string {
  return `${cpus()[0]?.model.trim() || process.arch}, ${threads} thread${threads === 1 ? '' : 's'}`;
}
