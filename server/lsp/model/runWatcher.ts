/** Watching the runs folders, and which runs this server trains. Folders that other machines write to are looked at now and then. */
import type { ComparisonSummary, RunSummary, RunsFolder } from '../../protocol/results';
import type { RunRow } from '../../protocol/runTable/row';
import { comparisonsToldApart, toldApart } from '../../runs/labels';
import { differentPlaces, type RunsPlace } from '../../runs/places';
import { createRowReader } from '../../runs/rows';
import { createRunLister } from '../../runs/summaries';
import { createFolderWatches } from './folderWatches';
import { createPlaceLooks, problemOf } from './placeLooks';

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

/** Milliseconds: changes come in bursts. */
const SETTLE = 300;
const POLL = 5000;
const PATIENCE = 3000;

export function createRunWatcher(options: RunWatcherOptions): RunWatcher {
  const { onChanged, poll = POLL } = options;
  const training = new Set<string>();
  const listRuns = createRunLister((run) => training.has(run));
  const rowsOf = createRowReader();
  const watches = createFolderWatches(() => changed());
  let timer: NodeJS.Timeout | undefined;
  let recheck: NodeJS.Timeout | undefined;
  let told = '';
  let listed: { readonly runs: readonly RunSummary[]; readonly folders: readonly RunsFolder[] } | undefined;
  let disposed = false;

  const looks = createPlaceLooks({
    listRuns,
    readRows: (runs) => rowsOf(runs, []),
    limit: options.patience ?? PATIENCE,
    onAnswer: () => changed(),
  });
  const places = async () => differentPlaces(await options.places());

  /** Looks again later: at all of it while a run is under way, else whether one has come or gone. */
  const lookLater = (all: readonly RunsPlace[], states: readonly string[], isRunning: boolean) => {
    clearTimeout(recheck);
    if (disposed) return;
    recheck = setTimeout(async () => {
      const now = isRunning ? [] : await Promise.all(all.map(looks.state));
      if (isRunning || now.some((state, at) => state !== undefined && state !== states[at])) changed();
      else lookLater(all, states, isRunning);
    }, poll);
    recheck.unref();
  };

  const listAll = async () => {
    const all = await places();
    for (const { folder, isFurther } of all) if (!isFurther) watches.watch(folder, true);
    const found = await Promise.all(all.map(looks.look));
    const different = new Map(found.flatMap(({ value }) => value.runs).map((run) => [run.run, run]));
    const runs = toldApart([...different.values()]);
    const folders = all.map((place, at): RunsFolder => {
      const problem = problemOf(place, found[at]);
      return { folder: place.folder, name: place.name, ...(problem !== undefined && { problem }) };
    });
    listed = { runs, folders };
    lookLater(
      all,
      found.map(({ value }) => value.state),
      runs.some((run) => run.state === 'running'),
    );
    return listed;
  };
  const list = async () => (await listAll()).runs;

  const comparisons = async () => {
    const all = await places();
    const found = await Promise.all(all.map(looks.comparisons));
    for (const [at, { isFurther }] of all.entries()) {
      // On Linux, Node's recursive watching does not tell of a file that another one is renamed to: so are results replaced.
      if (!isFurther) for (const { folder } of found[at]) watches.watch(folder, false);
    }
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
      watches.dispose();
    },
  };
}
