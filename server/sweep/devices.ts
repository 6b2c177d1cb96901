/** The devices of the machine that a sweep can use at the same time. */
import { existsSync, readdirSync } from 'node:fs';
import { BACKENDS } from '../executors/backends';
import { threadCount } from '../executors/processor';
import { VARIABLES } from '../protocol/catalogue/environment';

/** One place for a job, with the environment that leads it there. */
export interface Slot {
  readonly name: string;
  readonly environment: { readonly [name: string]: string };
}

const VISIBLE = 'CUDA_VISIBLE_DEVICES';

/** Names of the GPUs: those that the environment allows, or all that the driver has. */
export function visibleGpus(
  environment: { readonly [name: string]: string | undefined } = process.env,
  devices: readonly string[] = existsSync('/dev') ? readdirSync('/dev') : [],
): string[] {
  const allowed = environment[VISIBLE];
  if (allowed !== undefined) return allowed.split(',').filter((name) => name.trim() !== '' && name.trim() !== '-1');
  return devices.flatMap((name) => /^nvidia(\d+)$/.exec(name)?.[1] ?? []).sort((a, b) => Number(a) - Number(b));
}

/**
 * Places for the jobs of a sweep on `backend`: one for each GPU where it computes on them, else one. More `jobs` than devices
 * share them in turn; on a CPU each has its part of the threads, which train small networks faster apart than together.
 */
export function slotsFor(
  backend: string,
  jobs: number | undefined,
  gpus: readonly string[],
  threads = threadCount(),
): Slot[] {
  const usesGpus = gpus.length > 0 && BACKENDS.some(({ name, usesCuda }) => name === backend && usesCuda);
  if (usesGpus && gpus.length > 1) {
    const devices = gpus.map((gpu) => ({ name: `GPU ${gpu}`, environment: { [VISIBLE]: gpu } }));
    return Array.from({ length: jobs ?? devices.length }, (_, index) => devices[index % devices.length]);
  }
  const count = jobs ?? 1;
  const share = Math.max(1, Math.floor(threads / count));
  const environment: Slot['environment'] = usesGpus || count === 1 ? {} : { [VARIABLES.threads.name]: String(share) };
  return Array.from({ length: count }, () => ({ name: backend, environment }));
}
