/** Scores a model and keeps the scores. */
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { findMethod } from '../../request/methods';
import { openBatches, scoreModel } from '../../request/scoring';
import { executorFor, prepare } from '../prepare';
import { createRanking } from '../scores/ranking';
import type { CallHandler } from '../session';

export const score: CallHandler<'score'> = async (params, context) => {
  const { signal, report, session } = context;
  findMethod(params.method);
  report({ message: 'Building the model' });
  // They cost ProsPr one gradient beside its many, and the others nothing: nobody has to ask for them.
  const { model, request } = await prepare(params, context, { gradientNorms: true });
  const { network, seed } = model;
  const { scoring } = request;
  const criterion = findMethod(params.method, scoring);
  const source = await openBatches(criterion, model, request);
  source.notes?.forEach(session.note);
  report({ message: 'Opening the backend' });
  const executor = await executorFor(request, context);
  signal.throwIfAborted();

  const start = performance.now();
  report({ message: criterion.title, fraction: 0 });
  const saliency = await scoreModel({
    criterion,
    model,
    executor,
    source,
    scoring,
    sparsity: params.sparsity,
    signal,
    onProgress(done, total) {
      const seconds = (performance.now() - start) / 1000;
      const secondsLeft = done > 0 ? (seconds / done) * (total - done) : undefined;
      report({ message: criterion.title, fraction: done / total, ...(secondsLeft !== undefined && { secondsLeft }) });
    },
  });
  const seconds = (performance.now() - start) / 1000;
  report({ message: 'Sorting the scores', fraction: 1 });
  const ranking = await createRanking(saliency, async () => {
    await setImmediate();
    signal.throwIfAborted();
  });

  const data = request.data?.given;
  const gradientNorms = saliency.diagnostics?.gradientNorms;
  const summary = {
    scoreId: randomUUID(),
    model: params.model,
    method: criterion.name,
    title: criterion.title,
    seed,
    backend: executor.backend,
    device: executor.device,
    seconds,
    ...(criterion.needsData && data !== undefined && { data }),
    ...(criterion.aimsAtSparsity && { aim: params.sparsity }),
    weights: network.parameters
      .filter(({ name }) => saliency.scores.has(name))
      .map(({ name, layer, shape }) => ({ name, layer, shape })),
    ...(gradientNorms && { gradientNorms }),
  };
  const { minPerLayer } = request.selection;
  const scored = [...model.weights].filter(([name]) => saliency.scores.has(name));
  const weights = new Map(scored);
  session.scores.add({ summary, network, weights, scores: saliency.scores, ranking, minPerLayer });
  return summary;
};
