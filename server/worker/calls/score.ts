/** Scores a model and keeps the scores, in memory and on disk; or takes them from there. */
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Executor } from '../../executors/types';
import type { ScoreSummary } from '../../protocol/results';
import type { Stability } from '../../protocol/stability';
import type { ScoreParams } from '../../protocol/worker';
import { type Criterion, ratiosOf, type Saliency } from '../../pruning';
import { findMethod } from '../../request/methods';
import type { Requested } from '../../request/model';
import { openBatches, scoreModel, stabilityOfModel } from '../../request/scoring';
import { executorFor, prepare } from '../prepare';
import { type KeptScore, scoreKey } from '../scores/kept';
import { createRanking } from '../scores/ranking';
import type { StabilityChoice } from '../scores/store';
import type { CallContext, CallHandler } from '../session';

interface Work {
  readonly params: ScoreParams;
  readonly criterion: Criterion;
  readonly requested: Requested;
  readonly executor: Executor;
}

async function begin(params: ScoreParams, context: CallContext): Promise<Omit<Work, 'executor'>> {
  findMethod(params.method);
  // They cost ProsPr one gradient beside its many, and the others nothing: nobody has to ask for them.
  const requested = onExamples(await prepare(params, context, { gradientNorms: true }), params);
  return { params, requested, criterion: findMethod(params.method, requested.request.scoring) };
}

/** With no more examples in a batch than the call wants. */
function onExamples(requested: Requested, { examples = Number.POSITIVE_INFINITY }: ScoreParams): Requested {
  const { request } = requested;
  const { scoring } = request;
  const batchSize = Math.min(scoring.batchSize, examples);
  return { ...requested, request: { ...request, scoring: { ...scoring, batchSize } } };
}

/** Scores again as it was scored; the batches are opened when that is asked for. */
function again({ params, criterion, requested }: Work, saliency: Saliency, context: CallContext) {
  const { model, request } = requested;
  return async ({ sparsity, minPerLayer, signal, report }: StabilityChoice): Promise<Stability> => {
    const source = await openBatches(criterion, model, request);
    const executor = await executorFor(request, { ...context, signal, report });
    // What was confirmed at another sparsity says nothing of this one.
    const { confirmed, ...rest } = saliency;
    const known = sparsity === params.sparsity ? saliency : rest;
    const { scoring } = request;
    const selection = { ...request.selection, minPerLayer };
    const onProgress = (done: number, total: number) =>
      report({ message: `${criterion.title} again`, fraction: done / total });
    return stabilityOfModel(
      { criterion, model, executor, source, scoring, selection, sparsity, signal, onProgress },
      known,
    );
  };
}

/** Keeps a score in memory, where tiles and selections are made from it. */
async function hold(work: Work, { saliency, seconds }: KeptScore, context: CallContext) {
  const { signal, session } = context;
  const { params, criterion, executor } = work;
  const { model, request } = work.requested;
  const { network, seed } = model;
  // Scores that come from the disk have none.
  const countsAt = ratiosOf({ criterion, ...model }, request.scoring.options);
  const ranking = await createRanking({ ...saliency, ...(countsAt && { countsAt }) }, async () => {
    await setImmediate();
    signal.throwIfAborted();
  });
  const data = request.data?.given;
  const gradientNorms = saliency.diagnostics?.gradientNorms;
  const summary: ScoreSummary = {
    scoreId: randomUUID(),
    model: params.model,
    method: criterion.name,
    title: criterion.title,
    seed,
    backend: executor.backend,
    device: executor.device,
    seconds,
    ...(criterion.needsData && data !== undefined && { data }),
    ...(criterion.needsData && params.examples !== undefined && { examples: request.scoring.batchSize }),
    ...(criterion.aimsAtSparsity && { aim: params.sparsity }),
    weights: network.parameters
      .filter(({ name }) => saliency.scores.has(name))
      .map(({ name, layer, shape }) => ({ name, layer, shape })),
    ...(gradientNorms && { gradientNorms }),
  };
  const { minPerLayer } = request.selection;
  const weights = new Map([...model.weights].filter(([name]) => saliency.scores.has(name)));
  const measureStability = again(work, { ...saliency, ...(countsAt && { countsAt }) }, context);
  session.scores.add({ summary, network, weights, scores: saliency.scores, ranking, minPerLayer, measureStability });
  return summary;
}

const keyOf = ({ params, criterion, requested, executor }: Work, { session: { versions } }: CallContext) =>
  scoreKey({ criterion, ...requested, executor, sparsity: params.sparsity, versions });

export const score: CallHandler<'score'> = async (params, context) => {
  const { signal, report, session } = context;
  report({ message: 'Building the model' });
  const begun = await begin(params, context);
  const { criterion, requested } = begun;
  const { model, request } = requested;
  const source = await openBatches(criterion, model, request);
  source.notes?.forEach(session.note);
  report({ message: 'Opening the backend' });
  const work = { ...begun, executor: await executorFor(request, context) };
  signal.throwIfAborted();

  const start = performance.now();
  report({ message: criterion.title, fraction: 0 });
  const saliency = await scoreModel({
    criterion,
    model,
    executor: work.executor,
    source,
    scoring: request.scoring,
    sparsity: params.sparsity,
    signal,
    onProgress(done, total) {
      const seconds = (performance.now() - start) / 1000;
      const secondsLeft = done > 0 ? (seconds / done) * (total - done) : undefined;
      report({ message: criterion.title, fraction: done / total, ...(secondsLeft !== undefined && { secondsLeft }) });
    },
  });
  const made = { saliency, seconds: (performance.now() - start) / 1000 };
  report({ message: 'Sorting the scores', fraction: 1 });
  const summary = await hold(work, made, context);
  // The user has the scores; those who come back after a reload can wait for the disk.
  if (params.keep) {
    void keyOf(work, context)
      .then((key) => session.kept.write(key, model, made))
      .catch((error) => session.note(`The scores are not kept on disk: ${String(error)}`));
  }
  return summary;
};

export const restoreScore: CallHandler<'restoreScore'> = async (params, context) => {
  const begun = await begin(params, context);
  const work = { ...begun, executor: await executorFor(begun.requested.request, context) };
  const kept = await context.session.kept.read(await keyOf(work, context));
  return kept ? hold(work, kept, context) : null;
};
