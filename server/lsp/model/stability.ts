/**
 * How stable the score is that is shown: measured behind it, as a second step of its own that the user can cancel, and that gives way to
 * whatever else is to be computed.
 */
import type { ServerStatus } from '../../protocol/editor';
import type { ModelName, ScoreSummary } from '../../protocol/results';
import type { Context } from '../context';
import { isCancelled, isUnknownScore, toErrorData } from '../failures';
import { shownScore } from './selectors';
import type { ModelState } from './state';

export interface StabilityMeasuring {
  /** The state of a model has changed. */
  changed(state: ModelState): void;
  /** The jobs of the compute processes have changed. */
  statusChanged(status: ServerStatus): void;
  dispose(): void;
}

/** Milliseconds that a score must be shown: what was asked for beside it comes first. */
const PAUSE = 300;

interface Measuring {
  readonly scoreId: string;
  readonly title: string;
  readonly controller: AbortController;
}

/** The score whose stability is to be measured; undefined where there is none, or it is out of date. */
function unmeasured(state: ModelState): ScoreSummary | undefined {
  const score = state.scores.phase === 'fresh' ? shownScore(state) : undefined;
  return score?.stability === undefined ? score : undefined;
}

/** @param context Asked for when it is needed: it is made from what this is a part of. */
export function createStabilityMeasuring(context: () => Context): StabilityMeasuring {
  const measuring = new Map<ModelName, Measuring>();
  /** Scores whose measuring was cancelled by the user or has failed. */
  const givenUp = new Set<string>();

  const measure = async ({ model, file, sparsity, prunable }: ModelState, one: Measuring): Promise<void> => {
    const { folders, progress, settings, store } = context();
    const { scoreId, title, controller } = one;
    if (!(await settings(file)).stability || controller.signal.aborted) return;
    await progress.during({ title }, async ({ signal, report }) => {
      const { minPerLayer } = prunable;
      const options = { title, signal: AbortSignal.any([signal, controller.signal]), onProgress: report };
      const stability = await folders.engine(file).call('stability', { scoreId, sparsity, minPerLayer }, options);
      store.dispatch(model, { kind: 'stabilityMeasured', scoreId, stability });
    });
  };

  const start = (model: ModelName, { scoreId, title: criterion }: ScoreSummary): void => {
    const title = `Stability of ${criterion} on ${context().nameOf(model)}`;
    const one: Measuring = { scoreId, title, controller: new AbortController() };
    measuring.set(model, one);
    const begin = async () => {
      try {
        const state = context().store.get(model)!;
        if (unmeasured(state)?.scoreId === scoreId) await measure(state, one);
      } catch (error) {
        // What gives way is measured later; what the user cancels is not.
        if (!one.controller.signal.aborted) givenUp.add(scoreId);
        if (!isCancelled(error) && !isUnknownScore(error)) context().log(`${title}: ${toErrorData(error).message}`);
      } finally {
        if (measuring.get(model) === one) measuring.delete(model);
      }
    };
    setTimeout(() => void begin(), PAUSE).unref();
  };

  const changed = (state: ModelState): void => {
    const score = unmeasured(state);
    const now = measuring.get(state.model);
    if (now && now.scoreId !== score?.scoreId) {
      now.controller.abort();
      measuring.delete(state.model);
    }
    if (score && !measuring.has(state.model) && !givenUp.has(score.scoreId)) start(state.model, score);
  };

  return {
    changed,
    statusChanged({ jobs }) {
      const waits = jobs.some(({ state }) => state === 'queued');
      for (const { title, controller } of measuring.values()) {
        if (waits && jobs.some((job) => job.title === title && job.state === 'running')) controller.abort();
      }
      // What gave way has its turn.
      if (jobs.length === 0) for (const state of context().store.all()) changed(state);
    },
    dispose() {
      for (const { controller } of measuring.values()) controller.abort();
    },
  };
}
