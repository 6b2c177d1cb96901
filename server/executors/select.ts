/** Looking at the backends, and opening one. */
import { AUTO } from '../protocol/catalogue/backends';
import { UserError, usageError } from '../protocol/errors';
import { BACKENDS } from './backends';
import { selfTest } from './selfTest';
import type { Availability, Backend, BackendUse, Executor } from './types';

export interface BackendStatus {
  readonly name: string;
  readonly title: string;
  readonly availability: Availability;
  /** Whether it serves only where it is asked for by name. */
  readonly byNameOnly: boolean;
}

/** What is found of each backend, in the order of preference. */
export async function listBackends(
  use: BackendUse,
  known: readonly Backend[] = BACKENDS,
): Promise<readonly BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const { name, title, probe, byNameOnly = false } of known) {
    const availability = await probe(use);
    const isImitated = availability.available && availability.software === true;
    statuses.push({ name, title, availability, byNameOnly: byNameOnly || isImitated });
  }
  return statuses;
}

/** What is asked for of a backend: plain data. */
export interface BackendRequest extends Pick<BackendUse, 'interpreter' | 'computing'> {
  /** A name of the catalogue, or `auto`. */
  readonly backend: string;
}

export interface OpenOptions extends Pick<BackendUse, 'trusted'> {
  /** Told, in one sentence each, why `auto` passed over a backend that is installed. */
  readonly onNote?: (message: string) => void;
  readonly known?: readonly Backend[];
}

/**
 * Opens a backend by name, or with `auto` the first one that is on a real device and passes its self-test.
 * @throws a usage error for an unknown name; a UserError saying why where the backend cannot be used.
 */
export async function openExecutor(
  { backend: name, ...asked }: BackendRequest,
  { trusted, onNote = () => {}, known = BACKENDS }: OpenOptions,
): Promise<Executor> {
  const use = { ...asked, trusted, note: onNote };
  if (name === AUTO) return openFastest(use, onNote, known);
  const backend = known.find((candidate) => candidate.name === name);
  if (!backend) {
    const names = [AUTO, ...known.map((candidate) => candidate.name)];
    throw usageError(`there is no backend "${name}"`, `Known backends: ${names.join(', ')}.`);
  }
  if (backend.byNameOnly) return backend.open(use);
  const availability = await backend.probe(use);
  if (!availability.available) throw new UserError(`the backend ${name} cannot be used: ${availability.reason}`);
  return backend.open(use);
}

async function openFastest(
  use: BackendUse,
  onNote: (message: string) => void,
  known: readonly Backend[],
): Promise<Executor> {
  for (const { name, probe, open, byNameOnly } of known) {
    if (byNameOnly) continue;
    const availability = await probe(use);
    if (!availability.available || availability.software) continue;
    try {
      const executor = await open(use);
      const problem = await selfTest(executor);
      if (!problem) return executor;
      await executor.dispose();
      onNote(`the backend ${name} is passed over: ${problem}.`);
    } catch (error) {
      onNote(`the backend ${name} is passed over: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UserError('no backend works on this machine', { hint: 'See what was found with: prunelens backends' });
}
