/** Looking at the backends, and opening one. */
import { AUTO } from '../protocol/catalogue/backends';
import { UserError, usageError } from '../protocol/errors';
import { BACKENDS } from './backends';
import { autoOrder } from './ranking/auto';
import { knownSpeeds, type Measuring } from './ranking/known';
import type { Speeds } from './ranking/measure';
import { passedOver, rank } from './ranking/rank';
import { selfTest } from './selfTest';
import type { Availability, Backend, BackendUse, Computing, Executor, Work } from './types';

export interface BackendStatus {
  readonly name: string;
  readonly title: string;
  readonly availability: Availability;
  /** Whether it serves only where it is asked for by name. */
  readonly byNameOnly: boolean;
  /** Images a second in a short step, where it was measured. */
  readonly speeds?: Speeds;
  /** Why `auto` does not take it for training although it is there, as a clause. */
  readonly passedOver?: string;
}

/**
 * What is found of each backend: those that work first, the fastest before the others, then those that serve by name only, then the
 * others in the order of preference.
 *
 * @param measuring Which of those that are there are measured now; what was measured before is remembered.
 */
export async function listBackends(
  use: BackendUse,
  measuring: Measuring = 'none',
  known: readonly Backend[] = BACKENDS,
): Promise<readonly BackendStatus[]> {
  const found: { readonly backend: Backend; readonly availability: Availability }[] = [];
  for (const backend of known) found.push({ backend, availability: await backend.probe(use) });
  const isReal = ({ available, ...rest }: Availability) => available && !('software' in rest && rest.software);
  const real = found.filter(({ availability }) => isReal(availability)).map(({ backend }) => backend);
  const { measured, problems, choices } = await knownSpeeds(real, use, measuring);
  const ranked = rank(
    real.flatMap(({ name }) => {
      const one = measured.get(name);
      return one ? [{ name, speed: one.speeds.training }] : [];
    }),
    choices.training,
  );
  const statuses = found.map(({ backend: { name, title, byNameOnly = false }, availability }): BackendStatus => {
    const isByName = (byNameOnly && !measured.has(name)) || (availability.available && !isReal(availability));
    const place = ranked.find((one) => one.name === name);
    const problem = problems.get(name);
    const passed = problem === undefined ? place && passedOver(place, ranked) : `passed over: ${problem}`;
    const speeds = measured.get(name)?.speeds;
    return {
      ...{ name, title, availability, byNameOnly: isByName },
      ...(speeds && { speeds }),
      ...(passed !== undefined && { passedOver: passed }),
    };
  });
  const placeOf = ({ name, availability }: BackendStatus) => {
    const place = ranked.findIndex((one) => one.name === name);
    if (place >= 0) return place;
    return ranked.length + (availability.available ? 0 : 1);
  };
  return statuses.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** What is asked for of a backend: plain data. */
export interface BackendRequest extends Pick<BackendUse, 'interpreter' | 'computing'> {
  /** A name of the catalogue, or `auto`. */
  readonly backend: string;
  /** What it is for; training where this is absent. */
  readonly work?: Work;
}

export interface OpenOptions extends Pick<BackendUse, 'trusted'> {
  /** Told, in one sentence each, why `auto` passed over a backend that is installed. */
  readonly onNote?: (message: string) => void;
  readonly known?: readonly Backend[];
}

/** Of several devices, the one that scores. */
function onFirstDevice({ devices, ...computing }: Computing): Computing {
  return devices ? { ...computing, device: devices[0] } : computing;
}

/**
 * Opens a backend by name, or with `auto` the one that was measured to be the fastest of those that are on a real device and pass
 * their self-test.
 * @throws a usage error for an unknown name; a UserError saying why where the backend cannot be used.
 */
export async function openExecutor(
  { backend: name, work = { kind: 'training' }, interpreter, computing }: BackendRequest,
  { trusted, onNote = () => {}, known = BACKENDS }: OpenOptions,
): Promise<Executor> {
  const chosen = computing && work.kind === 'scoring' ? onFirstDevice(computing) : computing;
  const use: BackendUse = {
    ...{ trusted, note: onNote },
    ...(interpreter && { interpreter }),
    ...(chosen && { computing: chosen }),
  };
  if (name === AUTO) return openFastest(use, work, known);
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

/** Backends that are there and computed on a real device, in the order of preference. */
async function realBackends(use: BackendUse, known: readonly Backend[]): Promise<readonly Backend[]> {
  const found: Backend[] = [];
  for (const backend of known) {
    if (backend.byNameOnly) continue;
    const availability = await backend.probe(use);
    if (availability.available && !availability.software) found.push(backend);
  }
  return found;
}

async function openFastest(use: BackendUse, work: Work, known: readonly Backend[]): Promise<Executor> {
  const { note = () => {} } = use;
  const python = known.filter(({ usesPython }) => usesPython);
  const { order, taken } = await autoOrder(await realBackends(use, known), python, use, work);
  for (const { name, open } of order) {
    try {
      const executor = await open(use);
      const problem = await selfTest(executor);
      if (!problem) {
        await taken(name);
        return executor;
      }
      await executor.dispose();
      note(`the backend ${name} is passed over: ${problem}.`);
    } catch (error) {
      note(`the backend ${name} is passed over: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UserError('no backend works on this machine', { hint: 'See what was found with: prunelens backends' });
}
