/** Doing the runs of a sweep in this process. */
import type { ComparedNetwork } from '../comparison/model';
import { followRun } from '../comparison/progress';
import { runOne } from '../comparison/run';
import { createScoreCache } from '../comparison/scoreCache';
import type { Stack } from '../executors/stack/lanes';
import type { Executor } from '../executors/types';
import { formatMetricValues } from '../format';
import type { RunOutcome } from '../protocol/comparison';
import type { ResolvedRun } from './messages';
import type { RunProgress, Worker } from './queue';
import type { PreparedSweep } from './session';

/** Turns the events of a run's trainings into its progress. */
function follow(epochs: number, onProgress: (progress: RunProgress) => void) {
  const listeners = followRun(epochs, (fraction, event, stage) => {
    if (event.kind !== 'step') return;
    const epoch = `epoch ${event.epoch}/${epochs}${formatMetricValues(event.metrics)}`;
    onProgress({ fraction, detail: stage === '' ? epoch : `${stage}, ${epoch}` });
  });
  return {
    ...listeners,
    onStage(text: string) {
      listeners.onStage(text);
      onProgress({ fraction: 0, detail: text });
    },
  };
}

/** Does runs of networks one after the other, and shares scores between sparsities. */
export type RunDoer = (
  run: ResolvedRun,
  network: ComparedNetwork,
  onProgress: (progress: RunProgress) => void,
) => Promise<RunOutcome>;

/** @param stack Where runs are trained beside others on the executor. */
export function createRunDoer(executor: Executor, signal: AbortSignal, stack?: Stack): RunDoer {
  const scores = createScoreCache();
  return ({ key, method, out, runs, timing, sparsities, ...own }, network, onProgress) => {
    const compared = { ...network, ...own };
    const place = { out, ...(runs !== undefined && { runs }), ...(timing && { timing }) };
    const listener = follow(own.request.training.epochs, onProgress);
    return runOne({
      ...place,
      key,
      method,
      compared,
      executor,
      sparsities,
      scores,
      signal,
      ...(stack && { stack }),
      ...listener,
    });
  };
}

/** A worker that does its runs in this process. */
export function createInProcessWorker(
  executor: Executor,
  sweep: PreparedSweep,
  signal: AbortSignal,
  stack?: Stack,
): Worker {
  const doRun = createRunDoer(executor, signal, stack);
  return {
    name: executor.backend,
    run: (run, onProgress) => doRun(sweep.resolve(run), sweep.networks.get(run.key.model)!, onProgress),
    close: async () => {},
  };
}
