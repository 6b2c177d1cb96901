/** Speeds of backends, kept in the user's cache folder: by the machine, by versions, and by what computes. */
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import packageJson from '../../../package.json';
import { writeJsonAtomic } from '../../files/atomic';
import { cacheFolder } from '../../files/cacheFolder';
import { processorName } from '../processor';
import type { WorkKind } from '../types';
import type { Measured } from './measure';

const FORMAT = 'prunelens-speeds-1';

/** What is known of a machine. */
export interface Remembered {
  /** By backend: what was measured, and of what. */
  readonly speeds: { readonly [backend: string]: Measured & { readonly identity: string } };
  /** The backend that `auto` took last, by kind of work. */
  readonly choices: { readonly [Kind in WorkKind]?: string };
}

interface SpeedFile {
  readonly format: typeof FORMAT;
  readonly machines: { readonly [machine: string]: Remembered };
}

const NOTHING: Remembered = { speeds: {}, choices: {} };

const file = (): string => join(cacheFolder(), 'speeds.json');

/** The machine, with what changes the speed of all backends: home folders are shared, and so are GPUs. */
function machineKey(): string {
  return [hostname(), processorName(), process.env.CUDA_VISIBLE_DEVICES ?? 'all GPUs', packageJson.version].join('; ');
}

/** What the file holds; a file of another version, or one that is damaged, is made anew. */
async function read(): Promise<SpeedFile['machines']> {
  try {
    const { format, machines } = JSON.parse(await readFile(file(), 'utf8')) as SpeedFile;
    return format === FORMAT ? machines : {};
  } catch {
    return {};
  }
}

export async function recall(): Promise<Remembered> {
  return (await read())[machineKey()] ?? NOTHING;
}

/** Changes what is known of this machine. @throws UserError where the cache folder cannot be written. */
export async function remember(change: (known: Remembered) => Remembered): Promise<void> {
  const machines = await read();
  const key = machineKey();
  await mkdir(dirname(file()), { recursive: true });
  const contents: SpeedFile = { format: FORMAT, machines: { ...machines, [key]: change(machines[key] ?? NOTHING) } };
  await writeJsonAtomic(file(), contents);
}
