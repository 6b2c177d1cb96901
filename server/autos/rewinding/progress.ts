/** Progress over all iterations: the share that is done, and the time that is left. */
import type { TrainingEvent } from '../../training/types';
import type { FinishedIteration } from '../types';
import type { RewindRequest } from './types';

/**
 * Turns the events of single trainings into those of the whole work.
 * @param finished iterations that were done before, in an earlier process.
 */
export function followRewinding({ settings, config, onProgress }: RewindRequest, finished: number) {
  const { iterations, rewindEpoch } = settings;
  const { epochs } = config;
  /** Epochs trained up to a moment; all iterations but the first begin at the rewind epoch. */
  const epochsDone = (iteration: number, epoch: number) =>
    iteration === 1 ? epoch : epochs + (iteration - 2) * (epochs - rewindEpoch) + epoch - rewindEpoch;
  const total = epochsDone(iterations, epochs);
  let start: { readonly time: number; readonly done: number } | undefined;
  const secondsLeft = (done: number): number | undefined => {
    start ??= { time: performance.now(), done };
    const advanced = done - start.done;
    return advanced > 0 ? ((performance.now() - start.time) / 1000 / advanced) * (1 - done) : undefined;
  };
  if (finished === 0) start = { time: performance.now(), done: 0 };
  return {
    training(iteration: number, sparsity: number, event: TrainingEvent): void {
      if (event.kind !== 'step') return;
      const { epoch, step, steps, loss, metrics, imagesPerSecond } = event;
      const done = epochsDone(iteration, epoch - 1 + step / steps) / total;
      onProgress?.({
        kind: 'training',
        iteration,
        iterations,
        sparsity,
        epoch,
        epochs,
        loss,
        metrics,
        imagesPerSecond,
        done,
        secondsLeft: secondsLeft(done),
      });
    },
    finished(iteration: FinishedIteration): void {
      const done = epochsDone(iteration.iteration, epochs) / total;
      onProgress?.({ kind: 'iteration', iterations, done, ...iteration });
    },
  };
}
