/**
 * Pruning at convergence, as reference lines: the network is trained, then pruned by the magnitude of its trained weights.
 * - `magnitude-after-training` goes on with the trained values and trains them again (Han et al. 2015; with the learning
 *   rate rewound to its start, as Renda et al. 2020 do, since the schedule begins anew);
 * - `lottery-ticket` rewinds the survivors to an early epoch, initialization by default, and trains from there
 *   (Frankle and Carbin 2019, Frankle et al. 2020).
 * Both prune at once, or gradually with a training after each round.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFailure } from '../../files/failures';
import type { PruningResult, TrainedBefore } from '../../protocol/comparison';
import type { Masks, Weights } from '../../pruning';
import type { ConvergenceMethod } from '../../request/comparedMethods';
import { hasRun, readRun, readRunMasks } from '../../runs/read';
import type { FinishedEpoch } from '../../runs/types';
import type { TrainingConfig } from '../../training/config';
import { train } from '../../training/train';
import { originOf } from '../model';
import { sharedFolder } from '../place';
import { pruningResult } from '../prune';
import type { RunRequest } from '../request';
import { macsOf, type RunOne, rewindPoint, secondsOf, type Trained, trainDense } from './dense';
import { checkRate, largestWeights, roundsBefore } from './magnitude';
import { gradualTicket } from './ticket';
import { trainedState } from './trainedState';

/** What a run at convergence starts from, once there is a mask. */
export interface ConvergedStart {
  readonly masks: Masks;
  readonly weights: Weights;
  /** Epochs that the weights have had already and that count as the run's own. */
  readonly epochs: readonly FinishedEpoch[];
  readonly pruning: PruningResult;
}

/** How the network is trained after it has been pruned. */
export function trainingAfterPruning(method: ConvergenceMethod, { compared }: RunRequest): TrainingConfig {
  const { training, convergence } = compared.request;
  return method === 'lottery-ticket' ? training : (convergence.fineTuning ?? training);
}

/** Trains under the masks of one round of gradual pruning, unless that was done. */
async function trainRound(request: RunRequest, round: number, masks: Masks, weights: Weights) {
  const { key, compared, executor, signal, onProgress } = request;
  const { network } = compared.model;
  const config = { ...trainingAfterPruning('magnitude-after-training', request), seed: key.seed };
  const folder = join(await sharedFolder(request, 'rounds'), String(round));
  const begun = await hasRun(folder);
  if (begun && (await readRun(folder)).result) {
    return { ...(await trainedState(folder, network, config)), masks: await readRunMasks(folder) };
  }
  if (!begun) {
    await rm(folder, { recursive: true, force: true }).catch((error) => {
      throw fileFailure(error, 'write', folder);
    });
  }
  const result = await train({
    network,
    weights,
    ...(!begun && { masks }),
    dataset: compared.dataset,
    executor,
    config,
    runDir: folder,
    resume: begun,
    origin: { ...originOf(compared), method: request.method ?? key.method },
    storeInitialWeights: true,
    signal,
    onProgress,
    ...(request.permit && { permit: request.permit }),
  });
  if (result.interrupted) throw signal.reason;
  return { weights: result.weights, epochs: result.epochs, masks: result.masks };
}

const denseCost = (request: RunRequest, { epochs, seconds }: Trained): Required<TrainedBefore> => ({
  epochs: epochs.length,
  seconds,
  macs: macsOf(request, epochs.length),
});

/** Fine-tuning's start: the trained network pruned by magnitude, at once or with a training after each round. */
async function magnitudeAfterTraining(request: RunRequest, runOne: RunOne) {
  const { key, onStage } = request;
  const { pruningRate } = request.compared.request.convergence;
  if (pruningRate !== undefined) checkRate(pruningRate);
  const dense = await trainDense(request, runOne);
  const rounds = pruningRate === undefined ? [] : roundsBefore(pruningRate, key.sparsity);
  let { weights } = dense;
  let masks: Masks | undefined;
  let before = denseCost(request, dense);
  for (const [index, sparsity] of rounds.entries()) {
    onStage?.(`round ${index + 1} of ${rounds.length + 1}`);
    const chosen = largestWeights(request, weights, sparsity, masks);
    const trained = await trainRound(request, index + 1, chosen, weights);
    ({ weights, masks } = trained);
    before = {
      epochs: before.epochs + trained.epochs.length,
      seconds: before.seconds + secondsOf(trained.epochs),
      macs: before.macs + macsOf(request, trained.epochs.length, chosen),
    };
  }
  return { masks: largestWeights(request, weights, key.sparsity, masks), weights, epochs: [], before };
}

/** A ticket drawn at once: the largest weights of the trained network, at the values they are rewound to. */
async function ticketAtOnce(request: RunRequest, initial: Weights, runOne: RunOne) {
  const dense = await trainDense(request, runOne);
  const { weights, epochs } = await rewindPoint(request, initial);
  const masks = largestWeights(request, dense.weights, request.key.sparsity);
  // The epochs before the rewind point were trained once more, and count as the run's own.
  return { masks, weights, epochs, before: denseCost(request, dense) };
}

/**
 * Masks and weights from which a run at convergence starts, with what they cost.
 *
 * @param runOne does the dense run of the comparison, where it is not done yet.
 * @throws the signal's reason when it is interrupted, with what was finished kept; a UserError where it fails.
 */
export async function pruneAtConvergence(
  method: ConvergenceMethod,
  request: RunRequest,
  initial: Weights,
  runOne: RunOne,
): Promise<ConvergedStart> {
  const found =
    method === 'magnitude-after-training'
      ? await magnitudeAfterTraining(request, runOne)
      : request.compared.request.convergence.pruningRate === undefined
        ? await ticketAtOnce(request, initial, runOne)
        : await gradualTicket(request, initial);
  const { masks, weights, epochs, before } = found;
  const pruning = await pruningResult(request.executor, request.compared, masks, 0);
  return { masks, weights, epochs, pruning: { ...pruning, trainedBefore: before } };
}
