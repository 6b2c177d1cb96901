/** Run folders that begin behind epochs of another training. */
import { runFiles } from '../runs/files';
import { openMetrics } from '../runs/metrics';
import type { FinishedEpoch } from '../runs/types';
import { writeCheckpoint } from './checkpoint';
import { identityOf } from './identity';
import { createOptimizer } from './optimizers';
import { createRun } from './runFolder';
import { initialState } from './state';
import type { TrainingTask } from './types';

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
