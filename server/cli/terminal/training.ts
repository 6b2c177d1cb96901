/** Training as it is shown while it runs. */

import { formatCount, formatPercent, formatSeconds } from '../../format';
import type { FinishedEpoch } from '../../runs/types';
import type { TrainingEvent } from '../../training/types';
import type { Progress } from './progress';

type StepEvent = Extract<TrainingEvent, { kind: 'step' }>;

/** Loss, accuracy and speed of the epoch so far. */
export function describeStep({ loss, accuracy, imagesPerSecond }: StepEvent): string {
  return `loss ${loss.toFixed(4)}  accuracy ${formatPercent(accuracy)}  ${formatCount(imagesPerSecond)} images/s`;
}

/** One finished epoch in a line. */
export function describeEpoch(
  { epoch, trainLoss, testLoss, testAccuracy, testMeanIoU, seconds }: FinishedEpoch,
  epochs: number,
): string {
  const losses = `train loss ${trainLoss.toFixed(4)}, test loss ${testLoss.toFixed(4)}`;
  const overlap = testMeanIoU === undefined ? '' : `, test mean IoU ${testMeanIoU.toFixed(4)}`;
  const accuracy = `test accuracy ${formatPercent(testAccuracy, 2)}${overlap}`;
  return `epoch ${epoch}/${epochs}: ${losses}, ${accuracy} (${formatSeconds(seconds)})`;
}

/** Shows the events of one run of `epochs` epochs. */
export function showTraining(progress: Progress, epochs: number): (event: TrainingEvent) => void {
  return (event) => {
    if (event.kind === 'epoch') progress.line(describeEpoch(event, epochs));
    if (event.kind !== 'step') return;
    const done = (event.epoch - 1) * event.steps + event.step;
    progress.update(done, epochs * event.steps, `epoch ${event.epoch}/${epochs}  ${describeStep(event)}`);
  };
}
