/** What the heatmap asks of the host, and when: the state changes by the answers. */
import type { Host } from '../shared/host';
import { isCancelled, messageOf } from '../shared/host';
import { afterPause, latestOnly, oncePerFrame } from '../shared/latest';
import { type Store, whenChanged } from '../shared/store';
import { isUnscored, seedQuestion } from './compared';
import { createRepaintWatch, type RepaintWatch } from './repaint';
import { hasPaths, histogramQuestion, keptOf, overlapQuestion } from './selectors';
import { type HeatmapEvent, type HeatmapPage, type HeatmapPageState, shownScore, showsSame } from './state';

export interface Controller {
  /** Shows a model; settles when it is there, or the page says why not. */
  load(model: string): Promise<void>;
  /** Scores again what was shown before a reload: scores live in memory, and the seed makes them the same. */
  restore(kept: Partial<HeatmapPageState>): Promise<void>;
  /** Shows a method's scores, and scores the model with it where there are none. */
  chooseMethod(method: string): void;
  score(method: string): void;
  /** Shows a second mask beside the first; a method without a score is scored for that. */
  compareWith(compare: string): void;
  /** The slider is somewhere else: numbers and tiles follow, paths wait until it rests. */
  moveTo(sparsity: number): void;
  /** The slider was let go, or a number was typed. */
  release(sparsity: number): void;
  hold(isHeld: boolean): void;
  reveal(layer: string): void;
  exportMasks(): void;
  /** Tells a failure of any work. */
  attempt(work: Promise<unknown>): void;
  fail(error: unknown): void;
  /** Hears of the moves of the slider. */
  readonly repaint: RepaintWatch;
}

export type HeatmapHost = Host<HeatmapPageState>;
type HeatmapStore = Store<HeatmapPage, HeatmapEvent>;

/** Milliseconds after which a slider that was moved counts as at rest. */
const SETTLED = 600;

/** Asks for selections: quickly while the slider moves, with paths when it rests. */
function createSelecting(host: HeatmapHost, { state, dispatch }: HeatmapStore, fail: (error: unknown) => void) {
  const quick = latestOnly(async (sparsity: number) => {
    const { model } = state();
    if (model)
      dispatch({
        kind: 'selected',
        selection: await host.request('prunelens/select', { model, sparsity, paths: false }),
      });
  }, fail);
  const withPaths = async (asked: { readonly sparsity: number; readonly method?: string }) => {
    const { model } = state();
    if (!model) return;
    const selection = await host.request('prunelens/select', { model, ...asked, paths: true });
    // The slider may have gone on meanwhile.
    if (selection.sparsity === state().sparsity) dispatch({ kind: 'selected', selection });
  };
  const oneByOne = latestOnly(withPaths, fail);
  return {
    quick,
    /** A scoring is not waited for: the server gives it up when the next one is asked for. */
    thorough(asked: { readonly sparsity: number; readonly method?: string }): void {
      const { answer } = state();
      const score = answer?.scores.find(({ method }) => method === (asked.method ?? answer.shown));
      if (score?.aim === undefined || score.aim === asked.sparsity) oneByOne(asked);
      else withPaths(asked).catch(fail);
    },
  };
}

/** Asks for what follows from the state whenever that is another question, and keeps the state over reloads. */
function followState(host: HeatmapHost, store: HeatmapStore, fail: (error: unknown) => void): void {
  const askHistogram = latestOnly(async (question: NonNullable<ReturnType<typeof histogramQuestion>>) => {
    store.dispatch({ kind: 'histogramTold', question, histogram: await host.request('prunelens/histogram', question) });
  }, fail);
  whenChanged(store, histogramQuestion, askHistogram);
  const askOverlap = latestOnly(async (question: NonNullable<ReturnType<typeof overlapQuestion>>) => {
    store.dispatch({ kind: 'overlapTold', question, overlap: await host.request('prunelens/overlap', question) });
  }, fail);
  whenChanged(store, overlapQuestion, askOverlap);
  const askSeed = latestOnly(
    async ({ model, seed, basis }: NonNullable<ReturnType<typeof seedQuestion>>) => {
      const { scoreId } = await host.request('prunelens/seedScore', { model, seed });
      store.dispatch({ kind: 'seedScored', otherSeed: { basis, seed, scoreId } });
    },
    (error) => {
      store.dispatch({ kind: 'compared', method: '' });
      fail(error);
    },
  );
  whenChanged(store, seedQuestion, askSeed);
  whenChanged(store, keptOf, (kept) => host.keep(kept));
}

/** Shows a second mask beside the first; a method without a score is scored for that. */
function createComparing(
  host: HeatmapHost,
  { state, dispatch }: HeatmapStore,
  {
    attempt,
    load,
    selecting,
  }: Pick<Controller, 'attempt' | 'load'> & { readonly selecting: ReturnType<typeof createSelecting> },
): Controller['compareWith'] {
  /** A score that is made is shown; here it is to stand beside the one of before. */
  const scoreBeside = async (model: string, method: string, before: string | undefined) => {
    await host.action('score', { model, method });
    await load(model);
    if (before === undefined || model !== state().model) return;
    dispatch({ kind: 'methodShown', method: before });
    selecting.thorough({ sparsity: state().sparsity, method: before });
  };
  return (compare) => {
    const { model } = state();
    const before = shownScore(state())?.method;
    dispatch({ kind: 'compared', method: compare });
    if (model === undefined || !isUnscored(state(), compare)) return;
    const scored = scoreBeside(model, compare, before).catch((error) => {
      dispatch({ kind: 'compared', method: '' });
      throw error;
    });
    attempt(scored);
  };
}

export function createController(host: HeatmapHost, store: HeatmapStore): Controller {
  const { state, dispatch } = store;
  const fail = (error: unknown) => {
    if (!isCancelled(error)) dispatch({ kind: 'failed', message: messageOf(error) });
  };
  const attempt = (work: Promise<unknown>) => void work.catch(fail);
  const selecting = createSelecting(host, store, fail);
  const repaint = createRepaintWatch();
  let touched = Number.NEGATIVE_INFINITY;
  let isHeld = false;
  followState(host, store, fail);

  async function load(model: string): Promise<void> {
    dispatch({ kind: 'loadStarted', model });
    try {
      const answer = await host.request('prunelens/heatmap', { model });
      const isSame = showsSame(state(), model, answer);
      dispatch({ kind: 'loaded', model, answer });
      if (isSame || model !== state().model || !shownScore(state())) return;
      if (!hasPaths(state())) selecting.thorough({ sparsity: state().sparsity });
    } catch (error) {
      if (!isCancelled(error)) dispatch({ kind: 'loadFailed', model, problem: messageOf(error) });
    }
  }

  async function restore({ model, method, sparsity }: Partial<HeatmapPageState>): Promise<void> {
    if (
      !state().answer ||
      shownScore(state()) ||
      method === undefined ||
      model === undefined ||
      model !== state().model
    )
      return;
    dispatch({ kind: 'restoreStarted' });
    await host.action('score', { model, method }).catch(fail);
    await load(model);
    if (sparsity === undefined || !shownScore(state())) return;
    moveTo(sparsity);
    settle(sparsity);
  }

  function moveTo(sparsity: number): void {
    touched = performance.now();
    repaint.moved();
    dispatch({ kind: 'sliderMoved', sparsity });
    selecting.quick(sparsity);
  }

  function settle(sparsity: number): void {
    dispatch({ kind: 'sliderRested', sparsity });
    selecting.thorough({ sparsity });
  }

  const reload = afterPause(100, (model: string) => {
    // While the slider moves, the server's answer would be older than what is shown.
    if (isHeld || performance.now() - touched < SETTLED) reload(model);
    else attempt(load(model));
  });
  host.onEvent((event) => {
    if (event.event === 'modelChanged' && event.model === state().model) reload(event.model);
    if (event.event === 'runsChanged') dispatch({ kind: 'runsTold', runs: event.runs });
    if (event.event === 'selectModel') attempt(load(event.model));
    if (event.event === 'status') {
      const job = event.status.jobs.find((one) => one.state === 'running');
      const work = job && [job.title, job.progress?.message].filter(Boolean).join(': ');
      dispatch({ kind: 'workTold', work: work ?? event.status.problem ?? '' });
    }
  });

  return {
    load,
    restore,
    score: (method) => attempt(host.action('score', { model: state().model!, method })),
    chooseMethod(method) {
      const { answer, sparsity, model } = state();
      const isScored = answer?.scores.some((score) => score.method === method);
      if (!isScored) {
        dispatch({ kind: 'scoringStarted', method });
        const scored = host.action('score', { model: model!, method });
        return attempt(scored.finally(() => dispatch({ kind: 'scoringEnded' })));
      }
      dispatch({ kind: 'methodShown', method });
      selecting.thorough({ sparsity, method });
    },
    compareWith: createComparing(host, store, { attempt, load, selecting }),
    moveTo: oncePerFrame(moveTo),
    release: afterPause(120, settle),
    hold(held) {
      isHeld = held;
    },
    reveal(layer) {
      const source = state().answer?.summary.layers.find(({ name }) => name === layer)?.source[0];
      if (source) attempt(host.action('reveal', { file: source.file, line: source.line, column: source.column }));
    },
    exportMasks() {
      const { model, answer, sparsity } = state();
      attempt(host.action('exportMasks', { model: model!, method: answer!.shown, sparsity }));
    },
    attempt,
    fail,
    repaint,
  };
}
