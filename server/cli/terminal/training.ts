/** Training as it is shown while it runs. */

import { formatCount, formatMetricValues, formatSeconds, formatTestMetrics } from '../../format';
import { testMetrics } from '../../protocol/metricKeys';
import type { FinishedEpoch } from '../../runs/types';
import type { TrainingEvent } from '../../training/types';
import type { Progress } from './progress';

type StepEvent = Extract<TrainingEvent, { kind: 'step' }>;

/** Loss, metrics and speed of the epoch so far. */
export function describeStep({ loss, metrics, imagesPerSecond }: StepEvent): string {
  return `loss ${loss.toFixed(4)}${formatMetricValues(metrics)}  ${formatCount(imagesPerSecond)} images/s`;
}

/** One finished epoch in a line. */
export function describeEpoch(finished: FinishedEpoch, epochs: number): string {
  const { epoch, trainLoss, testLoss, seconds } = finished;
  const losses = `train loss ${trainLoss.toFixed(4)}, test loss ${testLoss.toFixed(4)}`;
  const metrics = testMetrics(finished);
  const measured = metrics.length > 0 ? `, ${formatTestMetrics(metrics)}` : '';
  return `epoch ${epoch}/${epochs}: ${losses}${measured} (${formatSeconds(seconds)})`;
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
