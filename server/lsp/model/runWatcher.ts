/** Watching the runs folders, and which runs this server trains. Folders that other machines write to are looked at now and then. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import type { ComparisonSummary, RunSummary } from '../../protocol/results';
import type { RunRow } from '../../protocol/runTable/row';
import { stateOf } from '../../runs/folders';
import { comparisonsToldApart, toldApart } from '../../runs/labels';
import { createRowReader } from '../../runs/rows';
import { createRunLister } from '../../runs/summaries';
import { listComparisons } from './comparisons';

export interface RunWatcher {
  list(): Promise<readonly RunSummary[]>;
  /** The same with all that the table of runs shows. */
  table(): Promise<readonly RunRow[]>;
  comparisons(): Promise<readonly ComparisonSummary[]>;
  /** Something in the runs folders may have changed. */
  changed(): void;
  started(run: string): void;
  ended(run: string): void;
  isTraining(run: string): boolean;
  dispose(): void;
}

export interface RunWatcherOptions {
  /** Absolute paths of the runs folders. */
  readonly folders: () => Promise<readonly string[]>;
  readonly onChanged: (runs: readonly RunSummary[]) => void;
  /**
   * Milliseconds between two looks, for what no watcher of files tells: runs of other machines in a shared folder, folders that were not
   * there, and writers that have died.
   */
  readonly poll?: number;
}

/** Milliseconds: changes come in bursts. */
const SETTLE = 300;
const POLL = 5000;

export function createRunWatcher({ folders, onChanged, poll = POLL }: RunWatcherOptions): RunWatcher {
  const training = new Set<string>();
  const listRuns = createRunLister((run) => training.has(run));
  const rowsOf = createRowReader();
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let recheck: NodeJS.Timeout | undefined;
  let told = '';
  let listed: readonly RunSummary[] | undefined;
  let disposed = false;

  /** Watches what is in a folder, or, with `recursive`, all that is below it. */
  const watchFolder = (folder: string, recursive: boolean) => {
    if (disposed || watchers.has(folder) || !existsSync(folder)) return;
    try {
      const watcher = watch(folder, { recursive, persistent: false }, () => {
        if (!existsSync(folder)) forget();
        changed();
      });
      // A folder that is deleted is watched again when it is back.
      const forget = () => {
        watcher.close();
        watchers.delete(folder);
      };
      watcher.on('error', forget);
      watchers.set(folder, watcher);
    } catch {
      // Where the system cannot watch, changes are seen when the list is asked for.
    }
  };

  const stateNow = async (places: readonly string[]) => (await Promise.all(places.map((one) => stateOf(one)))).join();

  /** Looks again later: at all of it while a run is under way, else whether one has come or gone. */
  const lookLater = (places: readonly string[], state: string, isRunning: boolean) => {
    clearTimeout(recheck);
    if (disposed) return;
    recheck = setTimeout(async () => {
      if (isRunning || (await stateNow(places)) !== state) changed();
      else lookLater(places, state, isRunning);
    }, poll);
    recheck.unref();
  };

  const list = async () => {
    const places = [...new Set(await folders())];
    for (const folder of places) watchFolder(folder, true);
    // Before they are read, so that what comes meanwhile is seen the next time.
    const state = await stateNow(places);
    const runs = toldApart((await Promise.all(places.map(listRuns))).flat());
    listed = runs;
    lookLater(
      places,
      state,
      runs.some((run) => run.state === 'running'),
    );
    return runs;
  };

  const comparisons = async () => {
    const found = (await Promise.all((await folders()).map(listComparisons))).flat();
    // On Linux, Node's recursive watching does not tell of a file that another one is renamed to: so are results replaced.
    for (const { folder } of found) watchFolder(folder, false);
    return comparisonsToldApart(found, listed ?? (await list()));
  };

  const tell = async () => {
    const runs = await list();
    const text = JSON.stringify([runs, await comparisons()]);
    if (text === told || disposed) return;
    told = text;
    onChanged(runs);
  };

  function changed(): void {
    if (disposed || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      // Files that vanish while they are read are looked at with the next change.
      void tell().catch(() => {});
    }, SETTLE);
  }

  return {
    list,
    table: async () => rowsOf(await list(), await folders()),
    changed,
    comparisons,
    started(run) {
      training.add(run);
      changed();
    },
    ended(run) {
      training.delete(run);
      changed();
    },
    isTraining: (run) => training.has(run),
    dispose() {
      disposed = true;
      clearTimeout(timer);
      clearTimeout(recheck);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
