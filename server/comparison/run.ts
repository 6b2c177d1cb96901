/** One run of a comparison: prune, train, and keep both in its folder. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Executor } from '../executors/types';
import { writeJsonAtomic } from '../files/atomic';
import { errorCode, fileFailure } from '../files/failures';
import { scoreModel, selectFor } from '../preparation/criterion';
import { batchSource } from '../preparation/data';
import { readWeights } from '../preparation/tensors';
import { DENSE, type PruningResult, type RunKey, type RunOutcome } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import { findCriterion, layersJson, type Masks, reportSparsity } from '../pruning';
import { hasRun, readRun } from '../training/run';
import { train } from '../training/train';
import type { TrainingEvent } from '../training/types';
import type { CompareFlags } from './flags';
import type { ComparedNetwork } from './model';
import { runFolder } from './plan';

export interface RunRequest {
  readonly key: RunKey;
  readonly compared: ComparedNetwork;
  readonly executor: Executor;
  readonly flags: CompareFlags;
  readonly signal: AbortSignal;
  onProgress(event: TrainingEvent): void;
}

/** Beside the run's folder, since the folder itself is the training's. */
function pruningFile(folder: string): string {
  return `${folder}.pruning.json`;
}

async function readPruning(folder: string): Promise<PruningResult | undefined> {
  const path = pruningFile(folder);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PruningResult;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) throw new UserError(`${path} is damaged: it is not JSON.`);
    throw fileFailure(error, 'read', path);
  }
}

/** The outcome of a run that is complete; undefined of others. */
export async function finishedRun(key: RunKey, root: string): Promise<RunOutcome | undefined> {
  const folder = join(root, runFolder(key));
  if (!(await hasRun(folder))) return undefined;
  const pruning = await readPruning(folder);
  const { result } = await readRun(folder);
  if (!pruning || !result?.final) return undefined;
  const { epoch, trainLoss, trainAccuracy, testLoss, testAccuracy } = result.final;
  const final = { epoch, trainLoss, trainAccuracy, testLoss, testAccuracy };
  return { ...key, pruning, final, seconds: result.seconds, folder: runFolder(key) };
}

/** Scores and selects as `prune` does; a dense network keeps everything. */
async function prune(request: RunRequest, weights: ComparedNetwork['model']['weights']) {
  const { key, compared, executor, flags, signal } = request;
  const model = { ...compared.model, seed: key.seed, weights };
  const start = performance.now();
  let masks: Masks;
  if (key.method === DENSE) {
    const parameters = model.network.parameters.filter(({ name }) => model.prunable.includes(name));
    masks = new Map(parameters.map(({ name }) => [name, new Uint8Array(weights.get(name)!.length).fill(1)]));
  } else {
    const source = { batches: batchSource(compared.dataset, compared.training.batchSize, key.seed) };
    const criterion = findCriterion(key.method);
    const { sparsity } = key;
    const saliency = await scoreModel({ criterion, model, executor, source, flags, sparsity, signal });
    masks = selectFor(model, saliency, sparsity, flags);
  }
  const seconds = (performance.now() - start) / 1000;
  const report = await reportSparsity(executor, model.network, masks);
  const pruning: PruningResult = {
    prunable: report.prunable,
    kept: report.kept,
    effectiveKept: report.connected,
    collapsed: report.collapsed,
    layers: layersJson(report).map(({ sparsity: _, effectiveSparsity: __, ...layer }) => layer),
    seconds: key.method === DENSE ? 0 : seconds,
  };
  return { masks: key.method === DENSE ? undefined : masks, pruning };
}

/** Makes room for a run that begins: what an earlier attempt left goes. */
async function clear(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    await rm(pruningFile(folder), { force: true });
    await mkdir(dirname(folder), { recursive: true });
  } catch (error) {
    throw fileFailure(error, 'write', folder);
  }
}

/**
 * Prunes and trains one network, or goes on with its training where an interruption left it.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; a UserError where it fails.
 */
export async function runOne(request: RunRequest): Promise<RunOutcome> {
  const { key, compared, executor, flags, signal, onProgress } = request;
  const { network } = compared.model;
  const folder = join(flags.out, runFolder(key));
  const weights = await readWeights(network, key.seed, flags.weights);
  const resume = (await hasRun(folder)) && (await readPruning(folder)) !== undefined;
  let masks: Masks | undefined;
  if (!resume) {
    await clear(folder);
    const pruned = await prune(request, weights);
    masks = pruned.masks;
    await writeJsonAtomic(pruningFile(folder), pruned.pruning);
  }
  const result = await train({
    network,
    weights,
    ...(masks && { masks }),
    dataset: compared.dataset,
    executor,
    config: { ...compared.training, seed: key.seed },
    runDir: folder,
    resume,
    origin: { data: compared.data, method: key.method, sparsity: key.sparsity },
    storeInitialWeights: flags.weights !== undefined,
    signal,
    onProgress,
  });
  if (result.interrupted) throw signal.reason;
  return (await finishedRun(key, flags.out))!;
}
