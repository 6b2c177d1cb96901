/** The processor, and how many of its threads compute. */
import { availableParallelism, cpus } from 'node:os';
import { type Environment, VARIABLES, variableIn } from '../protocol/catalogue/environment';

/**
 * As many threads as `PRUNELENS_THREADS` says, else as many as the machine runs at once.
 *
 * @throws UserError (usage) where the variable is no whole number from 1 to its limit.
 */
export function threadCount(environment?: Environment): number {
  return variableIn(VARIABLES.threads, environment) ?? availableParallelism();
}

/** The processor's name and how many threads are used, e.g. `AMD EPYC, 2 threads`. */
export function processorName(threads = threadCount()): string {
  return `${cpus()[0]?.model.trim() || process.arch}, ${threads} thread${threads === 1 ? '' : 's'}`;
}
