/** Notes which files the code of a model opens to read while it runs. */
import fs from 'node:fs';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Functions of `fs` that read the file at their first argument; each has its variants. */
const READING = ['readFile', 'open', 'createReadStream'];
/** More files are a data set, not what a model is made from. */
const MOST_FILES = 500;

type Callable = (...args: never[]) => unknown;

function pathOf(value: unknown): string | undefined {
  if (typeof value === 'string') return resolve(value);
  if (Buffer.isBuffer(value)) return resolve(value.toString());
  return value instanceof URL && value.protocol === 'file:' ? fileURLToPath(value) : undefined;
}

function noting(target: object, name: string, note: (path: unknown) => void): void {
  const holder = target as { [name: string]: Callable | undefined };
  const original = holder[name];
  if (typeof original !== 'function') return;
  const noted = function (this: unknown, ...args: never[]): unknown {
    note(args[0]);
    return Reflect.apply(original, this, args);
  };
  holder[name] = Object.assign(noted, original);
}

/**
 * From now on notes the files that are read through `fs`, those that are missing too.
 * @param ignored A folder whose files do not count (absolute).
 * @returns Gives those read so far, as absolute paths.
 */
export function watchReads(ignored: string): () => readonly string[] {
  const files = new Set<string>();
  const note = (value: unknown): void => {
    const path = pathOf(value);
    if (path === undefined || path.includes(`${sep}node_modules${sep}`) || path.startsWith(ignored + sep)) return;
    if (files.size < MOST_FILES) files.add(path);
  };
  for (const name of READING) {
    noting(fs, name, note);
    noting(fs, `${name}Sync`, note);
    noting(fs.promises, name, note);
  }
  return () => [...files];
}
