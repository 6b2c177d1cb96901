/** While a model is being edited: after a pause it is built and scored again, cheaply; a newer edit cancels that. */
import { basename } from 'node:path';
import type { ModelName } from '../../protocol/results';
import { SETTINGS_FILE, settingsFor } from '../../settings/find';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import { estimateModel, examplesFor } from './estimates';
import { updateOutdated } from './origins';
import { createPlaces } from './places';
import { describeModel, editedSince, type Job, prunableFor, scoreModel } from './scoring';
import { followPaths, showSelection } from './selecting';
import { concerns, failureOf, heldScores, isScored, resultsOf, scoresOf, summaryOf } from './selectors';
import type { ModelState } from './state';

export interface Rescoring {
  /** A file has been edited, or has changed on disk. */
  edited(file: string): void;
  /** An open document was saved: what code reads from disk may be another text now. */
  saved(file: string): void;
  /** A settings file has changed on disk. */
  settingsChanged(): void;
  /** A file has been written that may be AutoS's predictor, or data. */
  inputWritten(): void;
  /** The selection of a model has changed: its paths are followed once it rests. */
  selected(model: ModelName): void;
  dispose(): void;
}

/** Milliseconds that a selection must rest before its paths are followed. */
const PATHS_DELAY = 400;
/** Milliseconds in which the news of a settings file are gathered: a save is told in two ways. */
const SETTINGS_DELAY = 50;

/** Models that are built at the same time, each in a process of its own. */
const LOADED_TOGETHER = 2;

/** Whether somebody looks at a file of the model. */
function isOpen({ documents }: Context, state: ModelState): boolean {
  return documents.ofFile(state.file) !== undefined;
}

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
  const edited = editedSince(context, state, described);
  const describe = () => store.dispatch(model, { kind: 'described', summary, revision, edited });
  if (isScored(state, summary)) {
    describe();
    return;
  }
  const { method } = (await context.settings(state.file)).rescore;
  const known = method === 'off' ? undefined : await data.knownFor(state, method);
  if (method === 'off' || !known?.known) {
    // Layers that are as before keep their results, marked stale.
    describe();
    return;
  }
  // What the user has asked for another method to tell stays, beside an estimate.
  const examples = examplesFor(summary, method);
  const isOwn = examples === undefined && scoresOf(state).every((score) => score.method === method);
  if (isOwn) await scoreModel(context, model, { method }, job, described);
  else {
    const asked = { method, data: known.data, ...(examples !== undefined && { examples }) };
    await estimateModel(context, model, asked, described, job);
  }
}

/**
 * The settings file says something else: selects again, scores again where other layers are pruned, and marks scores that would
 * be made in another way now.
 */
async function applySettings(context: Context, state: ModelState, signal: AbortSignal): Promise<void> {
  const { model, sparsity, prunable: before } = state;
  const shown = resultsOf(state)?.shown;
  if (shown === undefined) return;
  const prunable = await prunableFor(state.file);
  if (signal.aborted) return;
  await updateOutdated(context, model);
  if (prunable.layers !== before.layers) {
    const title = `Scoring ${context.nameOf(model)} for other layers`;
    await context.progress.during({ title }, (job) =>
      scoreModel(context, model, { method: shown }, { ...job, signal: AbortSignal.any([signal, job.signal]) }),
    );
  } else if (prunable.minPerLayer !== before.minPerLayer) {
    context.store.dispatch(model, { kind: 'prunableRead', prunable });
    await showSelection(context, model, { sparsity, paths: false, renew: false }, { signal });
  }
}

/** Finds out whether the settings say something else of how models are made than when it was asked last. */
function createSetupWatch(): (state: ModelState) => Promise<boolean> {
  const known = new Map<ModelName, string>();
  return async ({ model, file }) => {
    const { models, output, python } = await settingsFor(file);
    const said = JSON.stringify({ models, output, python });
    const before = known.get(model) ?? '{}';
    known.set(model, said);
    return said !== before;
  };
}

export function createRescoring(context: Context): Rescoring {
  const { store, log } = context;
  const isSetUpAnew = createSetupWatch();
  const onError = (error: unknown) => {
    if (!isCancelled(error)) log(`While editing: ${toErrorData(error).message}`);
  };
  const scoring = createDelayedWork(onError);
  // Many models can share the file that was edited: what somebody looks at comes first.
  const loading = createPlaces(LOADED_TOGETHER);
  const settings = createDelayedWork((error) => {
    if (isCancelled(error)) return;
    const { message, location } = toErrorData(error);
    // VS Code marks a mistake in the file, which may be half typed; other than that, the user has changed the settings for this.
    const isMarked =
      context.client().isExtension && location !== undefined && basename(location.file) === SETTINGS_FILE;
    if (isMarked) log(message);
    else context.connection.window.showWarningMessage(message);
  });
  const inputs = createDelayedWork(onError);
  const paths = createDelayedWork(onError);
  const rebuild = (state: ModelState) => {
    const { model } = state;
    scoring.cancel(model);
    void context
      .settings(state.file)
      .then(({ rescore: { delay } }) =>
        scoring.start(model, delay, (signal) =>
          loading.run(() => rescore(context, model, signal), { isUrgent: isOpen(context, state), signal }),
        ),
      );
  };
  const changed = (state: ModelState, file: string) => {
    // Only models that the user has asked for once are run.
    if (state.description.phase === 'none' || !context.isTrusted()) return;
    if (concerns(state, file)) {
      paths.cancel(state.model);
      store.dispatch(state.model, { kind: 'edited' });
      rebuild(state);
    } else if (failureOf(state) && context.folders.of(file) === context.folders.of(state.file)) {
      // What was missing, or wrong elsewhere, may be mended now.
      rebuild(state);
    }
  };
  return {
    edited(file) {
      for (const state of store.all()) changed(state, file);
    },
    saved(file) {
      for (const state of store.all()) if (summaryOf(state)?.reads?.includes(file)) changed(state, file);
    },
    settingsChanged() {
      for (const { model } of store.all()) {
        settings.start(model, SETTINGS_DELAY, async (signal) => {
          const state = store.get(model)!;
          if (!context.isTrusted()) return;
          if (failureOf(state) || (await isSetUpAnew(state))) rebuild(state);
          if (resultsOf(state)) await applySettings(context, state, signal);
        });
      }
    },
    inputWritten() {
      for (const state of store.all()) {
        if (heldScores(state).length === 0) continue;
        const { model } = state;
        inputs.start(model, SETTINGS_DELAY, () => updateOutdated(context, model));
      }
    },
    selected(model) {
      paths.start(model, PATHS_DELAY, (signal) => followPaths(context, model, signal));
    },
    dispose() {
      scoring.dispose();
      settings.dispose();
      inputs.dispose();
      paths.dispose();
    },
  };
}
