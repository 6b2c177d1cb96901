/** Run folders that begin behind epochs of another training, and the state that trainings leave in theirs. */

import type { Network } from '../../models/types';
import type { Weights } from '../../pruning';
import { readCheckpoint, writeCheckpoint } from '../../training/checkpoint';
import type { TrainingConfig } from '../../training/config';
import { identityOf } from '../../training/identity';
import { openMetrics } from '../../training/metrics';
import { createOptimizer } from '../../training/optimizers';
import { createRun, runFiles } from '../../training/run';
import { initialState, weightsOf } from '../../training/state';
import type { FinishedEpoch, TrainingTask } from '../../training/types';

/**
 * Begins a run as if `epochs` had been its own: with the task's weights and masks and a new optimizer, while the schedule
 * and the order of the examples go on behind them. It is to be resumed.
 */
export async function beginAfter(task: TrainingTask, epochs: readonly FinishedEpoch[]): Promise<void> {
  const { runDir, network, weights, masks = new Map(), config } = task;
  await createRun(runDir!, task);
  const { metrics, checkpoint } = runFiles(runDir!);
  await (
    await openMetrics(
      metrics,
      epochs.map(({ seconds: _, ...line }) => line),
    )
  ).close();
  const state = initialState(network, weights, masks, createOptimizer(config.optimizer));
  await writeCheckpoint(checkpoint, network, { identity: identityOf(task), epochs, state, masks });
}

/** Parameters after the last finished epoch of the run in `folder`, and its epochs. */
export async function trainedState(
  folder: string,
  network: Network,
  config: TrainingConfig,
): Promise<{ readonly weights: Weights; readonly epochs: readonly FinishedEpoch[] }> {
  const { checkpoint } = runFiles(folder);
  const { state, epochs } = await readCheckpoint(checkpoint, network, createOptimizer(config.optimizer));
  return { weights: weightsOf(network, state), epochs };
}
