/** What the table asks of the host, and when: the state changes by the answers. */
import type { RunNotes } from '../../server/protocol/results';
import { type Host, isCancelled, messageOf } from '../shared/host';
import { afterPause, latestOnly } from '../shared/latest';
import { type Store, whenChanged } from '../shared/store';
import { exportText, TABLE_FORMATS, type TableFormat } from './exports';
import { keptOf, type RunsEvent, type RunsPage, type RunsPageState } from './state';

export type RunsHost = Host<RunsPageState>;
export type RunsStore = Store<RunsPage, RunsEvent>;

export interface Controller {
  /** Reads the rows anew. */
  readRows(): void;
  showCurves(runs: readonly string[]): void;
  deleteRuns(runs: readonly string[]): void;
  resumeSweep(comparison: string): void;
  rename(run: string): void;
  showModel(run: string): void;
  /** Changes what is noted of runs, of each by itself. */
  note(changes: readonly ({ readonly run: string } & RunNotes)[]): void;
  exportTable(format: TableFormat): void;
}

/** Milliseconds in which changes of runs are waited for: a training tells of each of its steps. */
const SETTLE = 100;

export function createController(host: RunsHost, store: RunsStore): Controller {
  const { dispatch, state } = store;
  const fail = (error: unknown) => {
    if (!isCancelled(error)) dispatch({ kind: 'failed', message: messageOf(error) });
  };
  const attempt = (work: Promise<unknown>) => void work.catch(fail);
  // A list that is asked for while one is on its way is read after it.
  const readNewest = latestOnly(async (_: undefined) => {
    const rows = await host.request('prunelens/runTable', {});
    const folders = await host.request('prunelens/runsFolders', {});
    const comparisons = await host.request('prunelens/comparisons', {});
    dispatch({ kind: 'rowsTold', rows, comparisons, problems: folders.flatMap(({ problem }) => problem ?? []) });
  }, fail);
  const readRows = () => readNewest(undefined);
  const readSoon = afterPause(SETTLE, readRows);
  whenChanged(store, keptOf, (kept) => host.keep(kept));
  host.onEvent((event) => {
    if (event.event === 'runsChanged') readSoon(undefined);
    if (event.event === 'selectRuns') dispatch({ kind: 'asked', comparison: event.comparison, isNow: true });
  });
  return {
    readRows,
    showCurves: (runs) => attempt(host.action('showCurves', { runs })),
    resumeSweep: (comparison) => attempt(host.action('resumeSweep', { comparison })),
    deleteRuns: (runs) => attempt(host.action('deleteRuns', { runs })),
    showModel: (run) => attempt(host.action('showModelOfRun', { run })),
    rename: (run) => attempt(host.action('renameRun', { run })),
    note: (changes) => attempt(host.action('noteRuns', { changes }).then(readRows)),
    exportTable(format) {
      const { ending } = TABLE_FORMATS.find((one) => one.format === format)!;
      attempt(host.action('saveFile', { name: `runs.${ending}`, text: exportText(state(), format) }));
    },
  };
}
