/** The search for paths, compiled once a network. */
import type { Executor } from '../../executors/types';
import { type Connectivity, compileConnectivity, type Masks } from '../../pruning';
import type { StoredScore } from './store';

export interface Paths {
  /** Which of a score's kept weights lie on a path from input to output. */
  connected(score: StoredScore, executor: Executor, masks: Masks): Promise<Masks>;
}

/** Networks whose search is kept: those of the models that are looked at in turn. */
const KEPT = 4;

interface Entry {
  readonly connectivity: Promise<Connectivity>;
  /** Settles when the last search that has begun is done. */
  busy: Promise<unknown>;
}

/** Scores of one architecture and the same weights share a search, by whatever method they are. */
function keyOf({ network: { fingerprint }, scores }: StoredScore, { backend }: Executor): string {
  return [backend, fingerprint, ...scores.keys()].join(' ');
}

export function createPaths(): Paths {
  const entries = new Map<string, Entry>();

  const release = ({ connectivity, busy }: Entry): void => {
    // One that could not be compiled holds nothing.
    void busy.then(async () => (await connectivity).dispose()).catch(() => {});
  };
  const entryFor = (score: StoredScore, executor: Executor): Entry => {
    const key = keyOf(score, executor);
    const known = entries.get(key);
    const connectivity = known?.connectivity ?? compileConnectivity(executor, score.network, [...score.scores.keys()]);
    const entry = known ?? { connectivity, busy: Promise.resolve() };
    connectivity.catch(() => entries.delete(key));
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > KEPT) {
      const [oldest, unused] = entries.entries().next().value!;
      entries.delete(oldest);
      release(unused);
    }
    return entry;
  };
  return {
    connected(score, executor, masks) {
      const entry = entryFor(score, executor);
      // One search after the other: each takes the memory of a run of the network.
      const found = entry.busy.then(async () => (await entry.connectivity).connected(masks));
      entry.busy = found.catch(() => {});
      return found;
    },
  };
}
