/** How far a run is, from what its trainings tell. */
import type { TrainingEvent } from '../training/types';
import type { RunRequest } from './request';

/** Share of a training that is done at an event, 0 … 1. */
function shareOf(event: TrainingEvent, epochs: number): number {
  if (event.kind === 'epoch') return event.epoch / epochs;
  return (event.epoch - 1 + (event.kind === 'step' ? event.step / event.steps : 0)) / epochs;
}

/**
 * The listeners of a run whose own training has so many epochs. `report` hears of every training: the share is that of the run's
 * own, 0 before it begins, when `stage` says in a few words what is done instead.
 */
export function followRun(
  epochs: number,
  report: (share: number, event: TrainingEvent, stage: string) => void,
): Required<Pick<RunRequest, 'onStage' | 'onProgress'>> {
  let stage = '';
  return {
    onStage(text) {
      stage = text;
    },
    onProgress: (event) => report(stage === '' ? shareOf(event, epochs) : 0, event, stage),
  };
}
