/** What tells whether files are as they were: their contents, so that a change that is taken back is none. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Larger files are told by size and time. */
const LARGEST_READ = 2 ** 26;
/** Entries of a folder that are looked at. */
const MOST_ENTRIES = 2000;

export interface Versions {
  /** One comparable text for a file, or for a folder with what is directly in it. */
  of(path: string): Promise<string>;
}

export function createVersions(): Versions {
  const hashes = new Map<string, { readonly state: string; readonly hash: string }>();

  const ofFile = async (path: string, size: number, time: number): Promise<string> => {
    const state = `${size} ${time}`;
    if (size > LARGEST_READ) return state;
    const known = hashes.get(path);
    if (known?.state === state) return known.hash;
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
      .slice(0, 16);
    hashes.set(path, { state, hash });
    return hash;
  };

  const ofFolder = async (folder: string): Promise<string> => {
    const names = (await readdir(folder)).toSorted().slice(0, MOST_ENTRIES);
    const states = names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
    return createHash('sha256')
      .update((await Promise.all(states)).join('\n'))
      .digest('hex')
      .slice(0, 16);
  };

  return {
    async of(path) {
      try {
        const found = await stat(path);
        return found.isDirectory() ? await ofFolder(path) : await ofFile(path, found.size, found.mtimeMs);
      } catch {
        return 'missing';
      }
    },
  };
}
