/** Requests under `prunelens/`. */
import { serverRequests } from '../protocol/editor';
import { usageError } from '../protocol/errors';
import type { ParamsOf, ResultOf } from '../protocol/messages';
import type { ModelName, ModelSummary } from '../protocol/results';
import { readSource } from '../runs/source';
import { readTimedMetrics } from '../runs/summaries';
import type { Context } from './context';
import { toResponseError } from './failures';
import { explainFile } from './model/explaining';
import { checkForm, formState, trainingCosts } from './model/forms';
import { checkData, checkMayTrain, describeModel, editedSince } from './model/scoring';
import { showSelection } from './model/selecting';
import { isLost, isStale, resultsOf, scoresOf, summaryOf } from './model/selectors';
import type { ModelState } from './model/state';
import { listSurvivalReports, readSurvivalReport } from './model/survival';
import type { Parts } from './parts';

type Handlers = {
  readonly [Name in keyof typeof serverRequests]: (
    params: ParamsOf<(typeof serverRequests)[Name]>,
    signal: AbortSignal,
  ) => Promise<ResultOf<(typeof serverRequests)[Name]>>;
};

/** The engine that holds a score, and what every layer keeps at least: the same for all that is told of it. */
function holderOf({ store, folders }: Context, scoreId: string) {
  const state = store.all().find((one) => scoresOf(one).some((score) => score.scoreId === scoreId));
  if (!state || isLost(state)) throw usageError('This score is not in memory any more.', 'Score the model again.');
  return { engine: folders.engine(state.file), minPerLayer: state.prunable.minPerLayer };
}

/** The architecture that scores are of, its layers at the lines where they are now. */
function scoredSummary(state: ModelState, now: ModelSummary): ModelSummary {
  const scored = resultsOf(state)?.architecture;
  if (!scored) return now;
  const sources = new Map(now.layers.map(({ name, source }) => [name, source]));
  return { ...scored, layers: scored.layers.map((layer) => ({ ...layer, source: sources.get(layer.name) ?? [] })) };
}

/** A model with its layers, which is built first where nobody has asked for it yet. */
async function built({ context, lasting }: Parts, model: ModelName, signal: AbortSignal) {
  const { store } = context;
  // What it had before a reload comes back first.
  await lasting.restore(model);
  const known = store.get(model);
  if (!known || !summaryOf(known)) {
    const described = await describeModel(context, model, { signal, report: () => {} });
    const before = store.get(model)!;
    const { summary, revision } = described;
    const edited = editedSince(context, before, described);
    if (!summaryOf(before)) store.dispatch(model, { kind: 'described', summary, revision, edited });
  }
  const state = store.get(model);
  const summary = state && summaryOf(state);
  if (!summary) throw usageError(`${context.nameOf(model)} is not there any more.`, 'Choose another model.');
  return { state, summary };
}

/** What a heatmap shows of a model. */
async function heatmap(parts: Parts, model: ModelName, signal: AbortSignal) {
  const { state, summary } = await built(parts, model, signal);
  const results = resultsOf(state);
  return {
    summary: scoredSummary(state, summary),
    scores: scoresOf(state),
    sparsity: state.sparsity,
    stale: isStale(state),
    ...(results && { shown: results.shown, selection: results.selection }),
  };
}

function handlers(parts: Parts): Handlers {
  const { context } = parts;
  const { discovery, folders, runs } = context;
  return {
    models: () => discovery.inFolders(folders.all()),
    heatmap: ({ model }, signal) => heatmap(parts, model, signal),
    select: ({ model, method, sparsity, paths }, signal) =>
      showSelection(
        context,
        model,
        // Where paths are asked for, the slider rests.
        { sparsity, paths, renew: paths, ...(method !== undefined && { method }) },
        { signal },
      ),
    tile: async (params, signal) => {
      const { engine, minPerLayer } = holderOf(context, params.scoreId);
      return engine.call('tile', { minPerLayer, ...params }, { signal });
    },
    weight: async (params, signal) => {
      const { engine, minPerLayer } = holderOf(context, params.scoreId);
      return engine.call('weight', { minPerLayer, ...params }, { signal });
    },
    histogram: async (params, signal) => {
      const { engine, minPerLayer } = holderOf(context, params.scoreId);
      return engine.call('histogram', { minPerLayer, ...params }, { signal });
    },
    overlap: async (params, signal) => {
      const { engine, minPerLayer } = holderOf(context, params.scoreId);
      return engine.call('overlap', { minPerLayer, ...params }, { signal });
    },
    seedScore: ({ model, seed }, signal) => parts.otherSeeds.score(model, seed, { signal, report: () => {} }),
    explain: ({ file }) => explainFile(context, file),
    checkData: ({ model, data }, signal) => checkData(context, model, data, signal),
    form: async ({ model, kind }, signal) => {
      checkMayTrain(context, model);
      return formState(context, (await built(parts, model, signal)).state, kind);
    },
    checkForm: (request, signal) => checkForm(context, request, signal),
    trainingCosts: (request, signal) => {
      checkMayTrain(context, request.model);
      return trainingCosts(context, request, signal);
    },
    runs: () => runs.list(),
    runTable: () => runs.table(),
    runsFolders: () => runs.folders(),
    runSource: ({ run }) => readSource(run),
    runMetrics: ({ run }) => readTimedMetrics(run),
    comparisons: () => runs.comparisons(),
    survivalReports: () => listSurvivalReports(folders.all()),
    survival: ({ report }) => readSurvivalReport(folders.all(), report),
    backends: async (_, signal) => {
      const [folder] = folders.all();
      if (folder === undefined) return [];
      const python = await context.python(folder);
      return folders.engine(folder).call('backends', python ? { python } : {}, { signal });
    },
    python: async (_, signal) => {
      const [folder] = folders.all();
      if (folder === undefined) return { devices: [], problem: 'No folder is open.' };
      const python = await context.python(folder);
      return folders.engine(folder).call('python', python ? { python } : {}, { signal });
    },
    status: async () => folders.status(),
  };
}

/** Answers the requests; failures become LSP errors. */
export function answerRequests(parts: Parts): void {
  const { context } = parts;
  for (const [name, handle] of Object.entries(handlers(parts))) {
    const { method } = serverRequests[name as keyof Handlers];
    context.connection.onRequest(method, async (params, token) => {
      const controller = new AbortController();
      const subscription = token.onCancellationRequested(() => controller.abort());
      try {
        return await (handle as (params: unknown, signal: AbortSignal) => Promise<unknown>)(params, controller.signal);
      } catch (error) {
        throw toResponseError(error);
      } finally {
        subscription.dispose();
      }
    });
  }
}
