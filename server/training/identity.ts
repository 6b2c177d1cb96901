/** What must be the same for a run to be continued. */
import type { RunIdentity } from '../runs/types';
import type { TrainingConfig } from './config';
import type { TrainingTask } from './types';

/** The identity of the run that `task` describes. */
export function identityOf({ network, executor, dataset, config }: TrainingTask): RunIdentity<TrainingConfig> {
  return {
    network: network.name,
    backend: executor.backend,
    ...(executor.computation && { precision: executor.computation.precision }),
    data: { name: dataset.name, trainExamples: dataset.train.size, testExamples: dataset.test.size },
    training: config,
  };
}
