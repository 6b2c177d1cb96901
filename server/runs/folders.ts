/** Where runs are in a runs folder: one level deep, in the folders of comparisons, and where a cluster is doing them. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Levels below a runs folder that are looked through: a comparison's folder, `runs` in it, its models, their runs. */
const DEPTH = 3;

/** A folder with a turn for each process that has had a run; see `server/files/lease.ts`. */
const LEASE = /\.lease$/;

/** Names that comparisons give to runs, with the hash of what they are. */
const NAMED_RUN = /-[0-9a-f]{8}$/;

/** Names of the folders in a folder; empty where it cannot be read. */
async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

/** Where the holder of a lease is doing its run: in the folder of the latest turn. */
async function runUnderWay(lease: string): Promise<string[]> {
  const turns = (await foldersOf(lease)).filter((name) => /^\d+$/.test(name)).map(Number);
  return turns.length === 0 ? [] : [join(lease, String(Math.max(...turns)), 'run')];
}

/** Folders in `folder` and, three levels deep, in the folders of comparisons, but for those of their runs. Of a run that is done under a lease, its place until then. */
export async function foldersIn(folder: string, depth = DEPTH): Promise<string[]> {
  const names = await foldersOf(folder);
  const known = new Set(names);
  const leases = names.filter((name) => LEASE.test(name) && !known.has(name.replace(LEASE, '')));
  const folders = names.filter((name) => !LEASE.test(name)).map((name) => join(folder, name));
  const holders = depth > 0 ? folders.filter((folder) => !NAMED_RUN.test(folder)) : [];
  const inner = await Promise.all(holders.map((one) => foldersIn(one, depth - 1)));
  const underWay = await Promise.all(leases.map((name) => runUnderWay(join(folder, name))));
  return [...folders, ...inner.flat(), ...underWay.flat()];
}

/** Time of modification; 0 of what is not there. */
export async function lastWritten(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** What comparisons and sweeps write into their folder after each run. */
export const RESULTS_FILE = 'results.json';

/**
 * What changes when a run comes or goes, or a comparison has more results: the times of the folders that have runs in them and of
 * results, and not those of the runs, which may be ten thousand.
 */
export async function stateOf(folder: string, depth = DEPTH): Promise<string> {
  const names = depth === 0 ? [] : await foldersOf(folder);
  const holders = names.filter((name) => !NAMED_RUN.test(name) && !LEASE.test(name)).map((name) => join(folder, name));
  const inner = await Promise.all(holders.map((one) => stateOf(one, depth - 1)));
  const times = await Promise.all([folder, join(folder, RESULTS_FILE)].map(lastWritten));
  return [`${basename(folder)} ${times.join(' ')}`, ...inner].join('\n');
}
