/** What a path that is to be written leads to. */
import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../protocol/errors';
import { errorCode } from './failures';

export type Target =
  /** A file, behind all links; `status` is absent where there is none yet. */
  | { readonly kind: 'file'; readonly path: string; readonly status?: Stats }
  /** A pipe or the null device, which are written to and not replaced. */
  | { readonly kind: 'stream'; readonly path: string }
  /** What the process has open already: 1 is standard output. */
  | { readonly kind: 'descriptor'; readonly descriptor: number };

/** Links that lead from one to the next. */
const MOST_LINKS = 40;

const DESCRIPTOR = /^(?:\/dev|\/proc\/self)\/fd\/(\d+)$/;

function descriptorOf(path: string): number | undefined {
  if (path === '-' || path === '/dev/stdout') return 1;
  if (path === '/dev/stderr') return 2;
  const found = DESCRIPTOR.exec(path);
  return found ? Number(found[1]) : undefined;
}

/** Whether `path` means what the process prints its results to. */
export function isStandardOutput(path: string): boolean {
  return descriptorOf(path) === 1;
}

async function exists(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function isNullDevice({ rdev }: Stats): Promise<boolean> {
  return (await stat('/dev/null').catch(() => undefined))?.rdev === rdev;
}

/** The end of a chain of links of which the last one leads to nothing. */
async function danglingEnd(path: string): Promise<string> {
  let end = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const status = await lstat(end).catch(() => undefined);
    if (!status?.isSymbolicLink()) return end;
    end = resolve(dirname(end), await readlink(end));
  }
  return end;
}

/** @throws UserError for what cannot be written to: folders, sockets, devices. The system's error where it cannot be looked at. */
export async function findTarget(path: string): Promise<Target> {
  const descriptor = descriptorOf(path);
  if (descriptor !== undefined) return { kind: 'descriptor', descriptor };
  const status = await exists(path);
  if (!status) {
    const end = await danglingEnd(path);
    return { kind: 'file', path: end };
  }
  if (status.isFile()) return { kind: 'file', path: await realpath(path), status };
  if (status.isFIFO()) return { kind: 'stream', path };
  if (status.isDirectory()) throw new UserError(`Cannot write ${path}: it is a folder.`);
  if (status.isCharacterDevice() && (await isNullDevice(status))) return { kind: 'stream', path };
  throw new UserError(`${path} is a ${status.isSocket() ? 'socket' : 'device'}, which PruneLens does not write to.`, {
    hint: 'Name a file.',
  });
}
