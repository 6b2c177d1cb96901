/** Runs whose masks change while they are trained: where they begin, and what they come to. */
import { batchCount } from '../data/batches';
import type { MacCosts, PruningResult } from '../protocol/comparison';
import { countKept, type Masks, type Weights } from '../pruning';
import { denseMacs } from '../pruning/structured';
import { type ConvergenceMethod, isConvergenceMethod } from '../request/comparedMethods';
import { checkPattern, initialCriterion, initialSparsity, isDynamicMethod } from '../request/dynamic';
import { readRunMasks } from '../runs/read';
import { maskChangesOf } from '../runs/updates';
import { inferenceMacs, macCosts } from '../training/cost';
import type { DynamicMethod } from '../training/dynamic/plan';
import type { TrainingResult, TrainingTask } from '../training/types';
import { macsOf } from './convergence/dense';
import { readPruning } from './outcome';
import { denseMasks, pruneAtInitialization, pruningResult } from './prune';
import type { RunRequest } from './request';

/** The masks that a method begins with: those of a criterion, or all weights. */
export async function initialMasks(
  method: DynamicMethod,
  request: RunRequest,
  weights: Weights,
): Promise<{ readonly masks: Masks; readonly weights: Weights; readonly pruning: PruningResult }> {
  const { compared, executor, key } = request;
  const { dynamic } = compared.request;
  const criterion = initialCriterion(method, dynamic);
  checkPattern(compared.request, method);
  const sparsity = initialSparsity(method, dynamic, key.sparsity);
  if (criterion === undefined || sparsity === 0) {
    const masks = denseMasks(compared, weights);
    return { masks, weights, pruning: await pruningResult(executor, compared, masks, 0) };
  }
  const asked = { ...request, method: criterion, key: { ...key, sparsity } };
  const { masks = denseMasks(compared, weights), pruning } = await pruneAtInitialization(asked, weights);
  return { masks, weights, pruning };
}

/** What pruning at convergence cost, with all that was trained before the run; its dense training is that of the comparison. */
function convergenceCost(
  method: ConvergenceMethod,
  request: RunRequest,
  masks: Masks,
  { trainedBefore }: PruningResult,
  epochs: number,
): MacCosts | undefined {
  if (trainedBefore?.macs === undefined) return undefined;
  const { model, request: asked } = request.compared;
  // Epochs before the rewind point are of the dense network.
  const dense = method === 'lottery-ticket' ? asked.convergence.rewindEpoch : 0;
  const own = macsOf(request, dense) + macsOf(request, epochs - dense, masks);
  return {
    inference: inferenceMacs(model.network, masks),
    denseInference: denseMacs(model.network),
    training: trainedBefore.macs + own,
    denseTraining: macsOf(request, asked.training.epochs),
  };
}

/** What a run that is trained left of the network, how that came, and what it cost. */
export async function finishedPruning(
  request: RunRequest,
  folder: string,
  { network, dataset, config }: TrainingTask,
  result: TrainingResult,
): Promise<PruningResult> {
  const { key, compared, executor, method = key.method } = request;
  const begun = (await readPruning(folder))!;
  const masks = await readRunMasks(folder);
  if (isConvergenceMethod(method)) {
    const cost = convergenceCost(method, request, masks, begun, result.epochs.length);
    return { ...begun, ...(cost && { cost }) };
  }
  const steps = batchCount(dataset.train.size, config.batchSize, true);
  const { updates = [] } = result;
  const epochs = result.epochs.length;
  const wholeMacs = denseMacs(compared.model.network);
  const cost = macCosts({ network, wholeMacs, config, steps, epochs, masks, updates });
  if (!isDynamicMethod(method)) return { ...begun, cost };
  const left = await pruningResult(executor, compared, result.masks, begun.seconds);
  const initialKept = [...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0);
  // How stable an initial mask is says little of what becomes of it.
  const { stability: _, ...kept } = begun;
  return { ...kept, ...left, changes: { initialKept, updates: maskChangesOf(updates) }, cost };
}
