/** Watching the runs folders, and which runs this server trains. Folders that other machines write to are looked at now and then. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import type { ComparisonSummary, RunSummary, RunsFolder } from '../../protocol/results';
import type { RunRow } from '../../protocol/runTable/row';
import { stateOf } from '../../runs/folders';
import { comparisonsToldApart, toldApart } from '../../runs/labels';
import { createPatience, type Told } from '../../runs/patience';
import { absence, differentPlaces, isPlaceThere, type RunsPlace } from '../../runs/places';
import { createRowReader } from '../../runs/rows';
import { createRunLister } from '../../runs/summaries';
import { listComparisons } from './comparisons';

export interface RunWatcher {
  list(): Promise<readonly RunSummary[]>;
  /** The same with all that the table of runs shows. */
  table(): Promise<readonly RunRow[]>;
  comparisons(): Promise<readonly ComparisonSummary[]>;
  /** The folders that these are of, with what is wrong with them. */
  folders(): Promise<readonly RunsFolder[]>;
  /** Something in the runs folders may have changed. */
  changed(): void;
  started(run: string): void;
  ended(run: string): void;
  isTraining(run: string): boolean;
  dispose(): void;
}

export interface RunWatcherOptions {
  readonly places: () => Promise<readonly RunsPlace[]>;
  readonly onChanged: (runs: readonly RunSummary[]) => void;
  /**
   * Milliseconds between two looks, for what no watcher of files tells: runs of other machines in a shared folder, folders that were not
   * there, and writers that have died.
   */
  readonly poll?: number;
  /** Milliseconds that the list waits for a folder which may be on another machine. */
  readonly patience?: number;
}

/** What is found at a place. */
interface Look {
  readonly isThere: boolean;
  /** Of before the runs were read, so that what comes meanwhile is seen the next time. */
  readonly state: string;
  readonly runs: readonly RunSummary[];
}

function lateness({ name }: RunsPlace): string {
  return `The runs folder ${name} has not answered yet: its runs are shown as they were when it last did.`;
}

const NOWHERE: Look = { isThere: false, state: '', runs: [] };

/** Milliseconds: changes come in bursts. */
const SETTLE = 300;
const POLL = 5000;
const PATIENCE = 3000;

export function createRunWatcher(options: RunWatcherOptions): RunWatcher {
  const { onChanged, poll = POLL, patience: limit = PATIENCE } = options;
  const training = new Set<string>();
  const listRuns = createRunLister((run) => training.has(run));
  const rowsOf = createRowReader();
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let recheck: NodeJS.Timeout | undefined;
  let told = '';
  let listed: { readonly runs: readonly RunSummary[]; readonly folders: readonly RunsFolder[] } | undefined;
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

  const lookAt = async (folder: string): Promise<Look> => {
    const state = await stateOf(folder);
    const isThere = await isPlaceThere(folder);
    return { isThere, state, runs: isThere ? await listRuns(folder) : [] };
  };
  const patience = createPatience({ limit, onAnswer: () => changed() });
  const lookPatiently = patience.question(async (folder) => {
    const look = await lookAt(folder);
    // The table takes them from memory.
    await rowsOf(look.runs, []);
    return look;
  }, NOWHERE);
  const statePatiently = patience.question<string | undefined>(stateOf, undefined);
  const comparisonsPatiently = patience.question<ComparisonSummary[]>(listComparisons, []);

  const inTime = async <T>(value: Promise<T>): Promise<Told<T>> => ({ value: await value, isLate: false });
  const places = async () => differentPlaces(await options.places());

  /** The state of a place; undefined where it does not say. */
  const stateNow = async ({ folder, isFurther }: RunsPlace): Promise<string | undefined> => {
    if (!isFurther) return stateOf(folder);
    const { value, isLate } = await statePatiently(folder);
    return isLate ? undefined : value;
  };

  /** Looks again later: at all of it while a run is under way, else whether one has come or gone. */
  const lookLater = (all: readonly RunsPlace[], states: readonly string[], isRunning: boolean) => {
    clearTimeout(recheck);
    if (disposed) return;
    recheck = setTimeout(async () => {
      const now = isRunning ? [] : await Promise.all(all.map(stateNow));
      if (isRunning || now.some((state, at) => state !== undefined && state !== states[at])) changed();
      else lookLater(all, states, isRunning);
    }, poll);
    recheck.unref();
  };

  const listAll = async () => {
    const all = await places();
    for (const { folder, isFurther } of all) if (!isFurther) watchFolder(folder, true);
    const looks = await Promise.all(
      all.map(({ folder, isFurther }) => (isFurther ? lookPatiently(folder) : inTime(lookAt(folder)))),
    );
    const found = new Map(looks.flatMap(({ value }) => value.runs).map((run) => [run.run, run]));
    const runs = toldApart([...found.values()]);
    const folders = all.map((place, at): RunsFolder => {
      const { value, isLate } = looks[at];
      const problem = isLate ? lateness(place) : absence(place, value.isThere);
      return { folder: place.folder, name: place.name, ...(problem !== undefined && { problem }) };
    });
    listed = { runs, folders };
    lookLater(
      all,
      looks.map(({ value }) => value.state),
      runs.some((run) => run.state === 'running'),
    );
    return listed;
  };
  const list = async () => (await listAll()).runs;

  const comparisons = async () => {
    const found = await Promise.all(
      (await places()).map(async ({ folder, isFurther }) => {
        if (isFurther) return (await comparisonsPatiently(folder)).value;
        const own = await listComparisons(folder);
        // On Linux, Node's recursive watching does not tell of a file that another one is renamed to: so are results replaced.
        for (const one of own) watchFolder(one.folder, false);
        return own;
      }),
    );
    return comparisonsToldApart(found.flat(), listed?.runs ?? (await list()));
  };

  const tell = async () => {
    const { runs, folders } = await listAll();
    const text = JSON.stringify([runs, folders, await comparisons()]);
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
    table: async () => rowsOf(await list(), await places()),
    folders: async () => (listed ?? (await listAll())).folders,
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
