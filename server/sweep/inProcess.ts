/** Doing the runs of a sweep in this process. */
import { runOne } from '../comparison/run';
import { createScoreCache } from '../comparison/scoreCache';
import type { Executor } from '../executors/types';
import { formatMetricValues } from '../format';
import type { TrainingEvent } from '../training/types';
import type { SweepRun } from './expand';
import type { RunProgress, Worker } from './queue';
import type { SweepNetworks } from './session';

/** Turns the events of a run's trainings into its progress. */
function follow(epochs: number, onProgress: (progress: RunProgress) => void) {
  let stage = '';
  return {
    onStage(text: string) {
      stage = text;
      onProgress({ fraction: 0, detail: text });
    },
    onProgress(event: TrainingEvent) {
      if (event.kind !== 'step') return;
      const epoch = `epoch ${event.epoch}/${epochs}${formatMetricValues(event.metrics)}`;
      const isOwn = stage === '';
      const fraction = isOwn ? (event.epoch - 1 + event.step / event.steps) / epochs : 0;
      onProgress({ fraction, detail: isOwn ? epoch : `${stage}, ${epoch}` });
    },
  };
}

/** A worker that does its runs in this process, and shares scores between sparsities. */
export function createInProcessWorker(executor: Executor, networks: SweepNetworks, signal: AbortSignal): Worker {
  const scores = createScoreCache();
  return {
    name: executor.backend,
    run({ key, variant, flags }: SweepRun, onProgress) {
      const compared = networks.get(key.model)!;
      const { method } = variant;
      const listener = follow(compared.training.epochs, onProgress);
      return runOne({ key, method, compared, executor, flags, scores, signal, ...listener });
    },
    close: async () => {},
  };
}
