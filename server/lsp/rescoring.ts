/** While a model is being edited: after a pause it is built and scored again, cheaply; a newer edit cancels that. */
import type { ModelName } from '../protocol/results';
import type { Context } from './context';
import { concerns } from './diagnostics';
import { isCancelled, toErrorData } from './failures';
import { sameArchitecture } from './models';
import { describeModel, editedSince, followPaths, type Job, scoreModel } from './scoring';

export interface Rescoring {
  /** A file has been edited. */
  edited(file: string): void;
  /** The selection of a model has changed: its paths are followed once it rests. */
  selected(model: ModelName): void;
  dispose(): void;
}

/** Milliseconds that a selection must rest before its paths are followed. */
const PATHS_DELAY = 400;

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly controller: AbortController;
}

/** Work for each model that starts after a pause, and is cancelled when it is asked for again. */
function createDelayedWork(onError: (error: unknown) => void) {
  const pending = new Map<ModelName, Pending>();
  const cancel = (model: ModelName) => {
    const before = pending.get(model);
    if (!before) return;
    clearTimeout(before.timer);
    before.controller.abort();
    pending.delete(model);
  };
  return {
    cancel,
    start(model: ModelName, delay: number, work: (signal: AbortSignal) => Promise<void>) {
      cancel(model);
      const controller = new AbortController();
      const timer = setTimeout(() => void work(controller.signal).catch(onError), delay);
      pending.set(model, { timer, controller });
    },
    dispose() {
      for (const model of [...pending.keys()]) cancel(model);
    },
  };
}

async function rescore(context: Context, model: ModelName, signal: AbortSignal): Promise<void> {
  const { store, data } = context;
  const job: Job = { signal, report: () => {} };
  const described = await describeModel(context, model, job);
  const { summary, revision } = described;
  if (signal.aborted) return;
  const state = store.get(model)!;
  if (state.summary && state.selection && sameArchitecture(state.summary, summary)) {
    // Only the text has changed: the results hold, at new lines.
    const stale = editedSince(context, { ...state, summary }, revision);
    store.update(model, { summary, revision, failure: undefined, stale });
    return;
  }
  const { method } = (await context.settings(state.file)).rescore;
  const known = method === 'off' ? undefined : await data.knownFor(state, method);
  if (method === 'off' || !known?.known) {
    // Layers that are as before keep their results, marked stale.
    store.update(model, { summary, revision, failure: undefined, stale: state.selection !== undefined });
    return;
  }
  await scoreModel(context, model, { method }, job, described);
}

export function createRescoring(context: Context): Rescoring {
  const { store, log } = context;
  const onError = (error: unknown) => {
    if (!isCancelled(error)) log(`While editing: ${toErrorData(error).message}`);
  };
  const scoring = createDelayedWork(onError);
  const paths = createDelayedWork(onError);
  return {
    edited(file) {
      for (const state of store.all()) {
        // Only models that the user has asked for once are run.
        if (!concerns(state, file) || (!state.summary && !state.failure) || !context.isTrusted()) continue;
        const { model } = state;
        paths.cancel(model);
        if (state.selection && !state.stale) store.update(model, { stale: true });
        scoring.cancel(model);
        void context
          .settings(state.file)
          .then(({ rescore: { delay } }) => scoring.start(model, delay, (signal) => rescore(context, model, signal)));
      }
    },
    selected(model) {
      paths.start(model, PATHS_DELAY, (signal) => followPaths(context, model, signal));
    },
    dispose() {
      scoring.dispose();
      paths.dispose();
    },
  };
}
