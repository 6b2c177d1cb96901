/** Looking at the backends, and opening one. */
import { AUTO } from '../protocol/catalogue/backends';
import { UserError, usageError } from '../protocol/errors';
import { BACKENDS } from './backends';
import { selfTest } from './selfTest';
import type { Availability, Backend, BackendChoice, Executor, Opening } from './types';

export interface BackendStatus {
  readonly name: string;
  readonly title: string;
  readonly availability: Availability;
  /** Whether it serves only where it is asked for by name. */
  readonly byNameOnly: boolean;
}

/** What a caller leaves out. */
const UNTRUSTED: Opening = { trusted: false, note: () => {} };

/** What is found of each backend, in the order of preference. */
export async function listBackends(
  known: readonly Backend[] = BACKENDS,
  opening: Opening = UNTRUSTED,
): Promise<readonly BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const { name, title, probe, byNameOnly = false } of known) {
    const availability = await probe(opening);
    const isImitated = availability.available && availability.software === true;
    statuses.push({ name, title, availability, byNameOnly: byNameOnly || isImitated });
  }
  return statuses;
}

/**
 * Opens a backend by name, or with `auto` the first one that is on a real device and passes its self-test.
 * @param choice one of `known`, or `auto`, with how it is to compute; or the name alone. Programs of the user's, such as Python, are
 *   started only where the choice says `trusted`.
 * @param onNote told, in one sentence each, why `auto` passed over a backend that is installed.
 * @throws a usage error for an unknown name; a UserError saying why where the backend cannot be used.
 */
export async function openExecutor(
  choice: string | (BackendChoice & Pick<Opening, 'trusted'>),
  onNote: (message: string) => void = () => {},
  known: readonly Backend[] = BACKENDS,
): Promise<Executor> {
  const { name, ...how } = typeof choice === 'string' ? { name: choice, trusted: false } : choice;
  const opening = { ...how, note: onNote };
  if (name === AUTO) return openFastest(opening, known);
  const backend = known.find((candidate) => candidate.name === name);
  if (!backend) {
    const names = [AUTO, ...known.map((candidate) => candidate.name)];
    throw usageError(`there is no backend "${name}"`, `Known backends: ${names.join(', ')}.`);
  }
  if (backend.byNameOnly) return backend.open(opening);
  const availability = await backend.probe(opening);
  if (!availability.available) throw new UserError(`the backend ${name} cannot be used: ${availability.reason}`);
  return backend.open(opening);
}

async function openFastest(opening: Opening, known: readonly Backend[]): Promise<Executor> {
  const { note } = opening;
  for (const { name, probe, open, byNameOnly } of known) {
    if (byNameOnly) continue;
    const availability = await probe(opening);
    if (!availability.available || availability.software) continue;
    try {
      const executor = await open(opening);
      const problem = await selfTest(executor);
      if (!problem) return executor;
      await executor.dispose();
      note(`the backend ${name} is passed over: ${problem}.`);
    } catch (error) {
      note(`the backend ${name} is passed over: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UserError('no backend works on this machine', { hint: 'See what was found with: prunelens backends' });
}
