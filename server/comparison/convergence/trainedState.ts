/** Run folders that begin behind epochs of another training, and the state that trainings leave in theirs. */

import type { Network } from '../../models/types';
import type { Weights } from '../../pruning';
import { runFiles } from '../../runs/files';
import type { FinishedEpoch } from '../../runs/types';
import { readCheckpoint } from '../../training/checkpoint';
import type { TrainingConfig } from '../../training/config';
import { createOptimizer } from '../../training/optimizers';
import { weightsOf } from '../../training/state';

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
