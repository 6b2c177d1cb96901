/** What the curves ask of the host, and when: the state changes by the answers. */
import type { RunSummary } from '../../server/protocol/results';
import { type Host, isCancelled, messageOf } from '../shared/host';
import { afterPause, latestOnly, onceEvery } from '../shared/latest';
import type { TrainingNews } from '../shared/metrics';
import { type Store, whenChanged } from '../shared/store';
import { keptOf, needsRows, unreadRuns } from './selectors';
import type { CurvesEvent, CurvesPage, CurvesPageState } from './state';

export type CurvesHost = Host<CurvesPageState>;
export type CurvesStore = Store<CurvesPage, CurvesEvent>;

export interface Controller {
  /** Tells a failure of any work. */
  attempt(work: Promise<unknown>): void;
  /** Reads the list of runs and what belongs to it. */
  showList(runs: readonly RunSummary[]): Promise<void>;
}

/** Reads each shown run once, several at a time; all that were asked for together are drawn together. */
function readShown(host: CurvesHost, { state, dispatch, onChange }: CurvesStore, fail: (error: unknown) => void): void {
  const reading = new Set<string>();
  const read = async (runs: readonly string[]) => {
    for (const run of runs) reading.add(run);
    const answers = await Promise.allSettled(runs.map((run) => host.request('prunelens/runMetrics', { run })));
    for (const run of runs) reading.delete(run);
    dispatch({ kind: 'metricsRead', metrics: answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])) });
    for (const one of answers) if (one.status === 'rejected') fail(one.reason);
  };
  whenChanged({ state, dispatch, onChange }, unreadRuns, (runs) => {
    const wanted = runs.filter((run) => !reading.has(run));
    if (wanted.length > 0) void read(wanted);
  });
}

/** Milliseconds between two drawings of what grows: more of them would take from the training what it is computed with. */
const GROWTH = 250;

/** What running jobs tell, put into the state a few times a second. */
function growing({ dispatch }: CurvesStore): (news: TrainingNews) => void {
  let waiting: TrainingNews[] = [];
  const flush = onceEvery(GROWTH, () => {
    const news = waiting;
    waiting = [];
    dispatch({ kind: 'grown', news });
  });
  return (news) => {
    waiting.push(news);
    flush();
  };
}

export function createController(host: CurvesHost, store: CurvesStore): Controller {
  const { dispatch } = store;
  const fail = (error: unknown) => {
    if (!isCancelled(error)) dispatch({ kind: 'failed', message: messageOf(error) });
  };
  const attempt = (work: Promise<unknown>) => void work.catch(fail);
  readShown(host, store, fail);
  whenChanged(store, keptOf, (kept) => host.keep(kept));
  const readRows = latestOnly(
    async (_: readonly string[]) => dispatch({ kind: 'rowsTold', rows: await host.request('prunelens/runTable', {}) }),
    fail,
  );
  // Anew where the runs have changed, or one of them has ended.
  const runsOf = (page: CurvesPage) =>
    needsRows(page) ? page.runs.map(({ run, state }) => `${state} ${run}`) : undefined;
  whenChanged(store, runsOf, readRows);

  async function readComparisons(): Promise<void> {
    dispatch({ kind: 'comparisonsTold', comparisons: await host.request('prunelens/comparisons', {}) });
  }

  async function showList(runs: readonly RunSummary[]): Promise<void> {
    dispatch({ kind: 'runsListed', runs });
    await readComparisons();
  }

  const grow = growing(store);
  const listChanged = afterPause(50, (runs: readonly RunSummary[]) => attempt(showList(runs)));
  host.onEvent((event) => {
    if (event.event === 'runsChanged') listChanged(event.runs);
    if (event.event === 'training') grow(event.training);
    if (event.event === 'status') {
      const progress = event.status.jobs.map((job) => job.progress).find((one) => one?.training);
      if (!progress?.training) return;
      const { fraction = 0, secondsLeft, training } = progress;
      dispatch({ kind: 'progressTold', run: training.run, progress: { fraction, secondsLeft } });
    }
    if (event.event === 'selectRuns') {
      // A run that begins takes nothing away from what somebody has chosen.
      if (event.adds) for (const run of event.runs ?? []) dispatch({ kind: 'runToggled', run, isOn: true });
      else if (event.runs) dispatch({ kind: 'runsChosen', runs: event.runs });
      if (!event.comparison) return;
      dispatch({ kind: 'comparisonOpened', folder: event.comparison });
      attempt(readComparisons());
    }
  });
  return { attempt, showList };
}
