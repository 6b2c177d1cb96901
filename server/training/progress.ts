/** Progress of an epoch: running means, speed, and the time that is left. */

import { hasLine } from '../runs/metrics';
import type { StepMetrics } from './epoch';
import type { TrainingEvent } from './types';

export interface EpochProgress {
  /** Adds steps; returns those whose losses are kept. */
  add(measured: readonly StepMetrics[]): readonly StepMetrics[];
  /** Mean loss of the steps so far. */
  loss(): number;
  /** Fraction of their examples that were classified correctly. */
  accuracy(): number;
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
  let correct = 0;
  let kept: readonly StepMetrics[] = [];
  const loss = () => lossSum / step;
  const accuracy = () => correct / (step * batchSize);
  return {
    add(measured) {
      for (const metrics of measured) {
        step = metrics.step;
        lossSum += metrics.loss;
        correct += metrics.correct;
      }
      kept = measured.filter((metrics) => hasLine(metrics.step, steps));
      return kept;
    },
    loss,
    accuracy,
    event() {
      const secondsPerStep = (now() - started) / 1000 / step;
      const epochsLeft = epochs - epoch;
      return {
        kind: 'step',
        epoch,
        step,
        steps,
        loss: loss(),
        accuracy: accuracy(),
        stepLosses: kept.map((metrics) => ({ step: metrics.step, loss: metrics.loss })),
        imagesPerSecond: batchSize / secondsPerStep,
        secondsLeft: (steps - step + epochsLeft * steps) * secondsPerStep + (epochsLeft + 1) * evaluationSeconds,
      };
    },
  };
}
