/** One run of a comparison: prune, train, and keep both in its folder. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeLeftovers, writeJsonAtomic } from '../files/atomic';
import { fileFailure } from '../files/failures';
import type { Network } from '../models/types';
import type { PruningResult, RunOutcome } from '../protocol/comparison';
import { type Masks, reinitializedWeights, splitControl, type Weights } from '../pruning';
import { isConvergenceMethod, isStructuredMethod } from '../request/comparedMethods';
import { dynamicConfig, isDynamicMethod } from '../request/dynamic';
import { readWeights } from '../request/weights';
import { pruningFile, structuredMasksFile } from '../runs/files';
import { hasRun } from '../runs/read';
import type { FinishedEpoch } from '../runs/types';
import { beginAfter } from '../training/begin';
import type { TrainingConfig } from '../training/config';
import { train } from '../training/train';
import type { TrainingResult, TrainingTask } from '../training/types';
import { finishedPruning, initialMasks } from './changing';
import { pruneAtConvergence, trainingAfterPruning } from './convergence/prune';
import { originOf } from './model';
import { outcomeIn, readPruning, writeOutcome } from './outcome';
import { placeOf } from './place';
import { pruneAtInitialization } from './prune';
import type { RunRequest } from './request';
import { runShared, whileAlone } from './shared';
import { isStackable } from './sideBySide';
import { pruneChannels, shrinkAgain } from './structured/start';

export { finishedRun } from './outcome';

/** Makes room for a run that begins: what an earlier attempt left goes. */
async function clear(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    await rm(pruningFile(folder), { force: true });
    await rm(structuredMasksFile(folder), { force: true });
    await mkdir(dirname(folder), { recursive: true });
  } catch (error) {
    throw fileFailure(error, 'write', folder);
  }
}

/** What a run starts from. */
interface Start {
  /** The model's own, or a smaller one. */
  readonly network: Network;
  readonly masks?: Masks;
  readonly weights: Weights;
  /** Epochs of an earlier training that the run goes on after. */
  readonly epochs: readonly FinishedEpoch[];
  readonly pruning: PruningResult;
}

/** The initial weights, drawn anew where the method's control says so. */
async function startingWeights({ compared, key }: RunRequest, method: string, initial: Weights): Promise<Weights> {
  if (splitControl(method).control !== 'reinitialize') return initial;
  return reinitializedWeights(compared.model.network, key.seed);
}

async function findStart(request: RunRequest, initial: Weights, folder: string): Promise<Start> {
  const method = request.method ?? request.key.method;
  const { network } = request.compared.model;
  if (isStructuredMethod(method)) {
    return { ...(await pruneChannels(request, initial, structuredMasksFile(folder))), epochs: [] };
  }
  if (isDynamicMethod(method)) return { ...(await initialMasks(method, request, initial)), network, epochs: [] };
  if (!isConvergenceMethod(method)) {
    const pruned = await pruneAtInitialization(request, initial);
    return { ...pruned, network, weights: await startingWeights(request, method, initial), epochs: [] };
  }
  const start = await whileAlone(request, (alone) => pruneAtConvergence(method, alone, initial, runOne));
  return { ...start, network };
}

/** The same, one run at a time of those that share an executor: to score takes all of a device. */
function findStartAlone(request: RunRequest, initial: Weights, folder: string): Promise<Start> {
  const find = () => findStart(request, initial, folder);
  const { stack, method, key } = request;
  // What prunes at convergence does other runs for it.
  return stack && !isConvergenceMethod(method ?? key.method) ? stack.alone(find) : find();
}

/** Trains, where the network is one of the architecture that others have, too, in one program with them. */
async function trainBeside({ stack, method, key, compared }: RunRequest, task: TrainingTask): Promise<TrainingResult> {
  const isBeside = isStackable(key.method) && isStackable(method ?? key.method);
  if (!stack || !isBeside || task.network !== compared.model.network) return train(task);
  const lane = stack.enter();
  try {
    // Networks of which channels are left out have one shape each.
    return await train({ ...task, executor: lane, compact: false });
  } finally {
    lane.leave();
  }
}

/** What a run that goes on trains; the values of its weights are in its checkpoint. */
async function trainedNetwork(
  request: RunRequest,
  initial: Weights,
  folder: string,
): Promise<Pick<Start, 'network' | 'weights'>> {
  const isStructured = isStructuredMethod(request.method ?? request.key.method);
  if (isStructured) return shrinkAgain(request, initial, structuredMasksFile(folder));
  return { network: request.compared.model.network, weights: initial };
}

function configOf(request: RunRequest): TrainingConfig {
  const method = request.method ?? request.key.method;
  const { compared, key } = request;
  const training = isConvergenceMethod(method) ? trainingAfterPruning(method, request) : compared.request.training;
  const dynamic = isDynamicMethod(method) && dynamicConfig(method, compared.request, key.sparsity);
  return { ...training, seed: key.seed, ...(dynamic && { dynamic }) };
}

/** Prunes and trains in `folder`, or goes on there. */
async function runIn(request: RunRequest, folder: string): Promise<RunOutcome> {
  const { key, compared, executor, signal, onProgress, permit } = request;
  const { weightsFile } = compared.request;
  const initial = await readWeights(compared.model.network, key.seed, weightsFile);
  const task = ({ network, weights, masks }: Pick<Start, 'network' | 'weights' | 'masks'>): TrainingTask => ({
    network,
    weights,
    ...(masks && { masks }),
    dataset: compared.dataset,
    executor,
    config: configOf(request),
    runDir: folder,
    origin: { ...originOf(compared), method: request.method ?? key.method, sparsity: key.sparsity },
    // Those of an untrained network follow from the seed.
    storeInitialWeights: weightsFile !== undefined || weights !== initial,
    signal,
    ...(permit && { permit }),
    onProgress,
  });
  let resume = (await hasRun(folder)) && (await readPruning(folder)) !== undefined;
  let begun: TrainingTask;
  await removeLeftovers(dirname(folder));
  if (resume) begun = task(await trainedNetwork(request, initial, folder));
  else {
    await clear(folder);
    const start = await findStartAlone(request, initial, folder);
    begun = task(start);
    if (start.epochs.length > 0) {
      await beginAfter(begun, start.epochs);
      resume = true;
    }
    await writeJsonAtomic(pruningFile(folder), start.pruning);
  }
  request.onStage?.('');
  const result = await trainBeside(request, { ...begun, resume });
  if (result.interrupted) throw signal.reason;
  await permit?.();
  await writeJsonAtomic(pruningFile(folder), await finishedPruning(request, folder, begun, result));
  const outcome = (await outcomeIn(folder, request, await placeOf(request)))!;
  await permit?.();
  await writeOutcome(folder, request, outcome);
  return outcome;
}

/**
 * Prunes and trains one network, or goes on with its training where an interruption left it. Methods that prune at
 * convergence first train the dense network (unless that was done), as the comparison's own dense run. Where other processes work in the
 * same folder, one of them does the run, and all have its outcome.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; a UserError where it fails.
 */
export async function runOne(request: RunRequest): Promise<RunOutcome> {
  return request.timing ? runShared(request, runIn) : runIn(request, await placeOf(request));
}
