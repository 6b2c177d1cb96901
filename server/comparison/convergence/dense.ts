/** The dense training that pruning at convergence begins with. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { batchCount } from '../../data/batches';
import { fileFailure } from '../../files/failures';
import { DENSE, type RunOutcome } from '../../protocol/comparison';
import { usageError } from '../../protocol/errors';
import type { Masks, Weights } from '../../pruning';
import { hasRun } from '../../runs/read';
import type { FinishedEpoch } from '../../runs/types';
import { trainingMacs } from '../../training/cost';
import { train } from '../../training/train';
import { originOf } from '../model';
import { finishedRun } from '../outcome';
import { placeOf } from '../place';
import type { RunRequest } from '../request';
import { trainedState } from './trainedState';

export interface Trained {
  readonly weights: Weights;
  readonly epochs: readonly FinishedEpoch[];
  readonly seconds: number;
}

/** How one run of a comparison is done; here for the dense one. */
export type RunOne = (request: RunRequest) => Promise<RunOutcome>;

/** Sum of the time of epochs. */
export function secondsOf(epochs: readonly FinishedEpoch[]): number {
  return epochs.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Multiplications of so many epochs of the comparison's training under `masks`, or of the whole network. */
export function macsOf({ compared }: RunRequest, epochs: number, masks?: Masks): number {
  const { batchSize } = compared.request.training;
  const steps = batchCount(compared.dataset.train.size, batchSize, true);
  return trainingMacs({ network: compared.model.network, ...(masks && { masks }), batchSize, steps, epochs });
}

/** The dense run of the same model and seed. */
function denseOf(request: RunRequest): RunRequest {
  return { ...request, key: { ...request.key, method: DENSE, sparsity: 0 }, method: DENSE };
}

/** The trained dense network: the comparison's own dense run of the same model and seed, trained now where it is not there. */
export async function trainDense(request: RunRequest, runOne: RunOne): Promise<Trained> {
  const { compared, out, onStage } = request;
  const dense = denseOf(request);
  let outcome = await finishedRun(dense);
  if (!outcome) {
    onStage?.('dense training');
    outcome = await runOne(dense);
  }
  const folder = resolve(out, outcome.folder);
  return {
    ...(await trainedState(folder, compared.model.network, compared.request.training)),
    seconds: outcome.seconds,
  };
}

/**
 * The network after `--rewind-epoch` epochs of dense training, or at initialization. Its epochs are trained once a model
 * and seed, with the schedule of the whole training, and kept.
 *
 * @throws a usage error where there are not as many epochs; the signal's reason when it is interrupted.
 */
export async function rewindPoint(request: RunRequest, initial: Weights): Promise<Omit<Trained, 'seconds'>> {
  const { key, compared, executor, signal, onProgress, onStage } = request;
  const { training, convergence, weightsFile } = compared.request;
  const epoch = convergence.rewindEpoch;
  if (epoch === 0) return { weights: initial, epochs: [] };
  const { network } = compared.model;
  if (epoch >= training.epochs) {
    throw usageError(
      `The weights cannot be rewound to epoch ${epoch} of ${training.epochs}.`,
      `--rewind-epoch goes from 0 (initialization) to ${training.epochs - 1}.`,
    );
  }
  const folder = `${await placeOf(denseOf(request))}.epoch-${epoch}`;
  const resume = await hasRun(folder);
  if (resume) {
    const stored = await trainedState(folder, network, training).catch(() => undefined);
    if (stored?.epochs.length === epoch) return stored;
  } else {
    await rm(folder, { recursive: true, force: true }).catch((error) => {
      throw fileFailure(error, 'write', folder);
    });
  }
  onStage?.(`training to epoch ${epoch}`);
  const reached = new AbortController();
  const result = await train({
    network,
    weights: initial,
    dataset: compared.dataset,
    executor,
    config: { ...training, seed: key.seed },
    runDir: folder,
    resume,
    origin: { ...originOf(compared), method: DENSE, sparsity: 0 },
    storeInitialWeights: weightsFile !== undefined,
    signal: AbortSignal.any([signal, reached.signal]),
    onProgress(event) {
      if (event.kind === 'epoch' && event.epoch >= epoch) reached.abort();
      onProgress(event);
    },
    ...(request.permit && { permit: request.permit }),
  });
  if (result.epochs.length < epoch) throw signal.reason;
  return { weights: result.weights, epochs: result.epochs };
}
