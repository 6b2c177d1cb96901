/** The devices of the machine that a sweep can use at the same time. */
import { existsSync, readdirSync } from 'node:fs';
import type { BackendName } from '../executors/types';

/** One place for a job, with the environment that leads it there. */
export interface Slot {
  readonly name: string;
  readonly environment: { readonly [name: string]: string };
}

/** Backends that choose among NVIDIA GPUs by what the environment lets them see. */
const CUDA_BACKENDS: readonly BackendName[] = ['tensorflow', 'cuda'];

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
 * share them in turn.
 */
export function slotsFor(backend: BackendName, jobs: number | undefined, gpus: readonly string[]): Slot[] {
  const devices: Slot[] =
    CUDA_BACKENDS.includes(backend) && gpus.length > 1
      ? gpus.map((gpu) => ({ name: `GPU ${gpu}`, environment: { [VISIBLE]: gpu } }))
      : [{ name: backend, environment: {} }];
  return Array.from({ length: jobs ?? devices.length }, (_, index) => devices[index % devices.length]);
}
