/** Masks of one run, and what they leave of the network. */
import type { Executor } from '../executors/types';
import { DENSE, type PruningResult } from '../protocol/comparison';
import { layersJson, type Masks, reportSparsity, selectMasks, type Weights } from '../pruning';
import { scoresOnceForAllSparsities } from '../request/comparedMethods';
import { batchSource } from '../request/data';
import { findMethod } from '../request/methods';
import { scoreModel, stabilityOfModel } from '../request/scoring';
import type { ComparedNetwork } from './model';
import type { RunRequest } from './request';
import { timed } from './scoreCache';
import { counted, isCheap } from './stability';

export interface Pruned {
  /** Absent where the network is dense. */
  readonly masks?: Masks;
  readonly pruning: PruningResult;
}

/** What masks leave of the network, with the seconds it took to find them. */
export async function pruningResult(
  executor: Executor,
  { model }: ComparedNetwork,
  masks: Masks,
  seconds: number,
): Promise<PruningResult> {
  const report = await reportSparsity(executor, model.network, masks);
  return {
    prunable: report.prunable,
    kept: report.kept,
    effectiveKept: report.connected,
    collapsed: report.collapsed,
    layers: layersJson(report).map(({ sparsity: _, effectiveSparsity: __, ...layer }) => layer),
    seconds,
    log10Paths: report.log10Paths,
  };
}

/** Masks that keep all prunable weights. */
export function denseMasks({ model }: ComparedNetwork, weights: Weights): Masks {
  const parameters = model.network.parameters.filter(({ name }) => model.prunable.includes(name));
  return new Map(parameters.map(({ name }) => [name, new Uint8Array(weights.get(name)!.length).fill(1)]));
}

/** Everything that the scores of a criterion that does not look at the sparsity follow from. */
export function scoringKey({ key, method, compared }: RunRequest): string {
  const { model, data, dataset, settings, request } = compared;
  return JSON.stringify([
    [settings.model, model.prunable, request.weightsFile, data, dataset.train.size],
    [method ?? key.method, request.scoring, request.objective, key.seed],
  ]);
}

/** Scores at initialization and selects as `prune` does; a dense network keeps everything. */
export async function pruneAtInitialization(request: RunRequest, weights: Weights): Promise<Pruned> {
  const { key, compared, executor, signal, scores } = request;
  const { scoring, selection } = compared.request;
  const method = request.method ?? key.method;
  if (method === DENSE) {
    return { pruning: await pruningResult(executor, compared, denseMasks(compared, weights), 0) };
  }
  const model = { ...compared.model, seed: key.seed, weights };
  const source = batchSource(compared.model.network, compared.dataset, scoring.batchSize, key.seed);
  const criterion = findMethod(method, scoring);
  const { sparsity } = key;
  const asked = { criterion, model, executor, source, scoring, selection, sparsity, signal };
  const score = () => counted((onProgress) => scoreModel({ ...asked, onProgress }));
  const isShared = scores !== undefined && scoresOnceForAllSparsities(method);
  const scored = await (isShared ? scores.get(scoringKey(request), score) : timed(score));
  const start = performance.now();
  const masks = selectMasks(scored.saliency, { sparsity, ...selection });
  const seconds = scored.seconds + (performance.now() - start) / 1000;
  const pruning = await pruningResult(executor, compared, masks, seconds);
  const { saliency } = scored;
  const { size } = compared.dataset.train;
  const isMeasured =
    scoring.stability !== undefined || isCheap(saliency.units, criterion.needsData, compared.request, size);
  const stability = isMeasured ? await stabilityOfModel(asked, saliency) : undefined;
  return { masks, pruning: { ...pruning, ...saliency.diagnostics, ...(stability && { stability }) } };
}
