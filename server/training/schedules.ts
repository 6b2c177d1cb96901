/** The learning rate of every step. */
import type { ScheduleConfig, TrainingConfig } from './config';

/**
 * The learning rate of step `step` of the whole run, counted from 0, where an epoch has `stepsPerEpoch` steps. With W
 * steps of warm-up, T steps in all and the base rate r:
 * - warm-up (t < W): r (t + 1) / W;
 * - constant: r;
 * - step: r · factor^(milestones reached by the finished epochs), changing between epochs only;
 * - cosine: r (1 + cos(π (t - W) / (T - W))) / 2, changing with every step.
 */
export function learningRateAt(
  config: Pick<TrainingConfig, 'epochs' | 'optimizer' | 'schedule'>,
  stepsPerEpoch: number,
  step: number,
): number {
  const base = config.optimizer.learningRate;
  const warmupSteps = Math.round(config.schedule.warmupEpochs * stepsPerEpoch);
  if (step < warmupSteps) return (base * (step + 1)) / warmupSteps;
  return base * decay(config.schedule, config.epochs * stepsPerEpoch, warmupSteps, stepsPerEpoch, step);
}

function decay(
  schedule: ScheduleConfig,
  totalSteps: number,
  warmupSteps: number,
  stepsPerEpoch: number,
  step: number,
): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step': {
      const finished = Math.floor(step / stepsPerEpoch);
      return schedule.factor ** schedule.milestones.filter((milestone) => milestone <= finished).length;
    }
    case 'cosine':
      return (1 + Math.cos((Math.PI * (step - warmupSteps)) / (totalSteps - warmupSteps))) / 2;
  }
}
