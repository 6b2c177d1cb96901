/** One run of a comparison: prune, train, and keep both in its folder. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeJsonAtomic } from '../files/atomic';
import { fileFailure } from '../files/failures';
import { readWeights } from '../preparation/tensors';
import type { PruningResult, RunOutcome } from '../protocol/comparison';
import { type Masks, reinitializedWeights, splitControl, type Weights } from '../pruning';
import type { TrainingConfig } from '../training/config';
import { hasRun } from '../training/run';
import { train } from '../training/train';
import type { FinishedEpoch, TrainingTask } from '../training/types';
import { beginAfter } from './convergence/begin';
import { pruneAtConvergence, trainingAfterPruning } from './convergence/prune';
import { isConvergenceMethod } from './methods';
import { finishedRun, pruningFile, readPruning } from './outcome';
import { runFolder } from './plan';
import { pruneAtInitialization } from './prune';
import type { RunRequest } from './request';

export { finishedRun } from './outcome';

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

/** What a run starts from. */
interface Start {
  readonly masks?: Masks;
  readonly weights: Weights;
  /** Epochs of an earlier training that the run goes on after. */
  readonly epochs: readonly FinishedEpoch[];
  readonly pruning: PruningResult;
}

/** The initial weights, drawn anew where the method's control says so. */
function startingWeights({ compared, key }: RunRequest, method: string, initial: Weights): Weights {
  if (splitControl(method).control !== 'reinitialize') return initial;
  return reinitializedWeights(compared.model.network, key.seed);
}

async function findStart(request: RunRequest, initial: Weights): Promise<Start> {
  const method = request.method ?? request.key.method;
  if (!isConvergenceMethod(method)) {
    const pruned = await pruneAtInitialization(request, initial);
    return { ...pruned, weights: startingWeights(request, method, initial), epochs: [] };
  }
  return pruneAtConvergence(method, request, initial, runOne);
}

function configOf(request: RunRequest): TrainingConfig {
  const method = request.method ?? request.key.method;
  const { compared, key } = request;
  const training = isConvergenceMethod(method) ? trainingAfterPruning(method, request) : compared.training;
  return { ...training, seed: key.seed };
}

/**
 * Prunes and trains one network, or goes on with its training where an interruption left it. Methods that prune at
 * convergence first train the dense network (unless that was done), as the comparison's own dense run.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; a UserError where it fails.
 */
export async function runOne(request: RunRequest): Promise<RunOutcome> {
  const { key, compared, executor, flags, signal, onProgress } = request;
  const { network } = compared.model;
  const folder = join(flags.out, runFolder(key));
  const initial = await readWeights(network, key.seed, flags.weights);
  const task = (start?: Start): TrainingTask => ({
    network,
    weights: start?.weights ?? initial,
    ...(start?.masks && { masks: start.masks }),
    dataset: compared.dataset,
    executor,
    config: configOf(request),
    runDir: folder,
    origin: { data: compared.data, method: request.method ?? key.method, sparsity: key.sparsity },
    // Those of an untrained network follow from the seed.
    storeInitialWeights: flags.weights !== undefined || (start !== undefined && start.weights !== initial),
    signal,
    onProgress,
  });
  let resume = (await hasRun(folder)) && (await readPruning(folder)) !== undefined;
  let start: Start | undefined;
  if (!resume) {
    await clear(folder);
    start = await findStart(request, initial);
    if (start.epochs.length > 0) {
      await beginAfter(task(start), start.epochs);
      resume = true;
    }
    await writeJsonAtomic(pruningFile(folder), start.pruning);
  }
  request.onStage?.('');
  const result = await train({ ...task(start), resume });
  if (result.interrupted) throw signal.reason;
  return (await finishedRun(key, flags.out))!;
}
