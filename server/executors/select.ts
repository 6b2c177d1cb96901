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
}

/** What is found of each backend, in the order of preference. */
export async function listBackends(
  use: BackendUse,
  known: readonly Backend[] = BACKENDS,
): Promise<readonly BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const { name, title, probe } of known) statuses.push({ name, title, availability: await probe(use) });
  return statuses;
}

/** What is asked for of a backend: plain data. */
export interface BackendRequest extends Pick<BackendUse, 'interpreter'> {
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
  const use = { ...asked, trusted };
  if (name === AUTO) return openFastest(use, onNote, known);
  const backend = known.find((candidate) => candidate.name === name);
  if (!backend) {
    const names = [AUTO, ...known.map((candidate) => candidate.name)];
    throw usageError(`there is no backend "${name}"`, `Known backends: ${names.join(', ')}.`);
  }
  const availability = await backend.probe(use);
  if (!availability.available) throw new UserError(`the backend ${name} cannot be used: ${availability.reason}`);
  return backend.open(use);
}

async function openFastest(
  use: BackendUse,
  onNote: (message: string) => void,
  known: readonly Backend[],
): Promise<Executor> {
  for (const { name, probe, open } of known) {
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
