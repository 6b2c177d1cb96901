/** Lottery tickets found gradually, by iterative rewind pruning. */
import { readRecord, readRewindPoint } from '../../autos/rewinding/folder';
import { rewindAndPrune } from '../../autos/rewinding/run';
import { winningTicket } from '../../autos/rewinding/ticket';
import { formatMetricValues } from '../../format';
import type { Weights } from '../../pruning';
import { sharedFolder } from '../place';
import type { RunRequest } from '../request';
import { macsOf, secondsOf } from './dense';
import { checkRate, gradualPlan } from './magnitude';

/** Sparsities are quotients, and so rounded. */
const ROUNDING = 1e-9;

/**
 * The ticket at the run's sparsity. One iterative pruning, to the highest sparsity of the comparison, serves all of its
 * sparsities; it is kept in the comparison's folder and goes on there after an interruption.
 */
export async function gradualTicket(request: RunRequest, initial: Weights) {
  const { key, compared, executor, sparsities, signal, onStage } = request;
  const { training, convergence } = compared.request;
  const { rewindEpoch } = convergence;
  const rate = convergence.pruningRate!;
  checkRate(rate);
  const { iterations, finalSparsity } = gradualPlan(rate, [key.sparsity, ...sparsities]);
  const folder = await sharedFolder(request, `rewinding-${iterations}`);
  const run = await rewindAndPrune({
    label: compared.label,
    modelHash: compared.settings.model,
    network: compared.model.network,
    weights: initial,
    prunable: compared.model.prunable,
    data: compared.data,
    dataset: compared.dataset,
    config: { ...training, seed: key.seed },
    settings: {
      iterations,
      schedule: 'pct',
      finalSparsity,
      criterion: 'magnitude',
      rewindEpoch,
      seed: key.seed,
    },
    pruningBatches: 1,
    executor,
    folder,
    signal,
    onProgress(event) {
      if (event.kind !== 'training') return;
      const epoch = `epoch ${event.epoch}/${event.epochs}`;
      onStage?.(`round ${event.iteration} of ${event.iterations}, ${epoch}${formatMetricValues(event.metrics)}`);
    },
  });
  const { masks, weights } = await winningTicket(folder, key.sparsity);
  const start = await readRewindPoint(folder, await readRecord(folder));
  const epochs = start?.epochs ?? [];
  // A round's own sparsity is that which its training began with; what it left is the next one's.
  const left = run.iterations.map((_, index) => run.iterations[index + 1]?.sparsity ?? finalSparsity);
  const rounds = run.iterations.slice(0, left.filter((sparsity) => sparsity < key.sparsity - ROUNDING).length + 1);
  // Only the first round trains the epochs before the rewind point, and the run counts them as its own.
  const trained = rounds.length * (training.epochs - epochs.length);
  const seconds = rounds.reduce((sum, round) => sum + round.seconds - secondsOf(epochs), 0);
  let macs = 0;
  for (const { sparsity } of rounds) {
    const begunWith = sparsity > 0 ? (await winningTicket(folder, sparsity)).masks : undefined;
    macs += macsOf(request, training.epochs - epochs.length, begunWith);
  }
  return { masks, weights, epochs, before: { epochs: trained, seconds, macs } };
}
