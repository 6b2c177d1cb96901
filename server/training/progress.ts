/** Progress of an epoch: running means, speed, and the time that is left. */
import type { MetricValues } from '../protocol/catalogue/metrics';
import type { StepValues } from '../protocol/results';
import { hasLine } from '../runs/metrics';
import type { StepMetrics } from './epoch';
import type { TrainingEvent } from './types';

export interface EpochProgress {
  /** Adds steps; returns those that are kept. */
  add(measured: readonly StepMetrics[]): readonly StepValues[];
  /** Mean loss of the steps so far. */
  loss(): number;
  /** Means of the metrics over their examples. */
  metrics(): MetricValues;
  /** The event that reports the steps added last. */
  event(): TrainingEvent;
}

export interface ProgressOptions {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly steps: number;
  readonly batchSize: number;
  /** What the last evaluation took; 0 before the first. */
  readonly evaluationSeconds: number;
  /** Milliseconds. */
  now(): number;
}

/** Follows an epoch that begins now. */
export function followEpoch({
  epoch,
  epochs,
  steps,
  batchSize,
  evaluationSeconds,
  now,
}: ProgressOptions): EpochProgress {
  const started = now();
  // Equal batches, so that the means over steps are those over examples.
  let step = 0;
  let lossSum = 0;
  const sums: { [metric: string]: number } = {};
  let kept: readonly StepValues[] = [];
  const loss = () => lossSum / step;
  const meansOf = (of: MetricValues, examples: number): MetricValues =>
    Object.fromEntries(Object.entries(of).map(([name, sum = 0]) => [name, sum / examples]));
  const metrics = () => meansOf(sums, step * batchSize);
  return {
    add(measured) {
      for (const latest of measured) {
        step = latest.step;
        lossSum += latest.loss;
        for (const [name, sum] of Object.entries(latest.sums)) sums[name] = (sums[name] ?? 0) + (sum ?? 0);
      }
      kept = measured
        .filter((latest) => hasLine(latest.step, steps))
        .map((one) => ({ step: one.step, loss: one.loss, ...meansOf(one.sums, batchSize) }));
      return kept;
    },
    loss,
    metrics,
    event() {
      const secondsPerStep = (now() - started) / 1000 / step;
      const epochsLeft = epochs - epoch;
      return {
        kind: 'step',
        epoch,
        step,
        steps,
        loss: loss(),
        metrics: metrics(),
        stepLosses: kept,
        imagesPerSecond: batchSize / secondsPerStep,
        secondsLeft: (steps - step + epochsLeft * steps) * secondsPerStep + (epochsLeft + 1) * evaluationSeconds,
      };
    },
  };
}
