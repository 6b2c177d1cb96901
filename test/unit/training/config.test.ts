import { describe, expect, it } from 'vitest';
import { UserError } from '../../../server/protocol/errors';
import { completeConfig, type TrainingOptions } from '../../../server/training/config';
import { learningRateAt } from '../../../server/training/schedules';

describe('completeConfig', () => {
  it('fills in the defaults of the chosen kinds', () => {
    expect(completeConfig()).toEqual({
      epochs: 10,
      batchSize: 128,
      optimizer: { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 5e-4 },
      schedule: { kind: 'cosine', warmupEpochs: 0 },
      augmentation: { crop: 0, flip: false },
      seed: 0,
    });
    const config = completeConfig({ epochs: 20, optimizer: { kind: 'adam', beta2: 0.99 }, schedule: { kind: 'step' } });
    expect(config.optimizer).toEqual({
      kind: 'adam',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
    });
    expect(completeConfig({ optimizer: { kind: 'adamw' } }).optimizer).toMatchObject({
      kind: 'adamw',
      weightDecay: 0.01,
    });
    expect(config.schedule).toEqual({ kind: 'step', warmupEpochs: 0, milestones: [10, 15], factor: 0.1 });
  });

  it('takes an undefined value as absent', () => {
    const options: TrainingOptions = { epochs: undefined, optimizer: { momentum: undefined }, earlyStop: undefined };
    expect(completeConfig(options)).toEqual(completeConfig());
  });

  it('has one way to write what weight decay leaves alone', () => {
    const optimizerOf = (decayExclude: readonly ('bias' | 'norm')[]) =>
      completeConfig({ optimizer: { decayExclude } }).optimizer;
    expect(optimizerOf(['norm', 'bias', 'norm'])).toEqual(optimizerOf(['bias', 'norm']));
    expect(optimizerOf([])).toEqual(completeConfig().optimizer);
  });

  it('keeps its own results', () => {
    const config = completeConfig({
      schedule: { kind: 'step' },
      earlyStop: { patience: 2 },
      augmentation: { crop: 4 },
      optimizer: { kind: 'adamw', clipGradient: 1, decayExclude: ['norm'] },
    });
    expect(completeConfig(config)).toEqual(config);
  });

  it.each([
    [{ epochs: 0 }, 'epochs'],
    [{ epochs: 2.5 }, 'epochs'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ seed: 0.1 }, 'seed'],
    [{ optimizer: { learningRate: 0 } }, 'optimizer.learningRate'],
    [{ optimizer: { learningRate: Number.NaN } }, 'optimizer.learningRate'],
    [{ optimizer: { momentum: 1 } }, 'optimizer.momentum'],
    [{ optimizer: { weightDecay: -1 } }, 'optimizer.weightDecay'],
    [{ optimizer: { momentum: 0, nesterov: true } }, 'optimizer.nesterov'],
    [{ optimizer: { kind: 'adam', momentum: 0.9 } }, 'optimizer.momentum'],
    [{ optimizer: { kind: 'adam', epsilon: 0 } }, 'optimizer.epsilon'],
    [{ optimizer: { beta1: 0.9 } }, 'optimizer.beta1'],
    [{ optimizer: { clipGradient: 0 } }, 'optimizer.clipGradient'],
    [{ optimizer: { decayExclude: ['kernel'] } }, 'optimizer.decayExclude'],
    [{ optimizer: { decayExclude: 'bias' } }, 'optimizer.decayExclude'],
    [{ optimizer: { kind: 'rmsprop' } }, 'optimizer.kind'],
    [{ schedule: { kind: 'linear' } }, 'schedule.kind'],
    [{ schedule: { factor: 0.5 } }, 'schedule.factor'],
    [{ schedule: { kind: 'step', milestones: [4, 2] } }, 'schedule.milestones'],
    [{ schedule: { kind: 'step', factor: 0 } }, 'schedule.factor'],
    [{ schedule: { warmupEpochs: 10 } }, 'schedule.warmupEpochs'],
    [{ augmentation: { crop: -1 } }, 'augmentation.crop'],
    [{ augmentation: { flip: 1 } }, 'augmentation.flip'],
    [{ earlyStop: { patience: 0 } }, 'earlyStop.patience'],
  ])('refuses %j', (options, name) => {
    const complete = () => completeConfig(options as TrainingOptions);
    expect(complete).toThrow(UserError);
    expect(complete).toThrow(name);
  });
});

describe('learningRateAt', () => {
  const rates = (options: TrainingOptions, stepsPerEpoch: number) => {
    const config = completeConfig({ optimizer: { learningRate: 2 }, ...options });
    const steps = config.epochs * stepsPerEpoch;
    return Array.from({ length: steps }, (_, step) => learningRateAt(config, stepsPerEpoch, step));
  };
  const close = (actual: readonly number[], expected: readonly number[]) => {
    expect(actual.length).toBe(expected.length);
    actual.forEach((rate, i) => {
      expect(rate).toBeCloseTo(expected[i], 14);
    });
  };

  it('stays constant', () => close(rates({ epochs: 2, schedule: { kind: 'constant' } }, 2), [2, 2, 2, 2]));

  it('falls at the milestones, between epochs', () => {
    const schedule = { kind: 'step', milestones: [1, 3], factor: 0.5 } as const;
    close(rates({ epochs: 4, schedule }, 2), [2, 2, 1, 1, 1, 1, 0.5, 0.5]);
  });

  it('follows half a cosine', () => {
    const half = Math.SQRT1_2;
    close(rates({ epochs: 2, schedule: { kind: 'cosine' } }, 2), [2, 1 + half, 1, 1 - half]);
  });

  it('rises linearly first, to the base rate', () => {
    const schedule = { kind: 'constant', warmupEpochs: 2 } as const;
    close(rates({ epochs: 3, schedule }, 2), [0.5, 1, 1.5, 2, 2, 2]);
    const cosine = { kind: 'cosine', warmupEpochs: 0.5 } as const;
    close(rates({ epochs: 1.5 * 2, schedule: cosine }, 2).slice(0, 2), [2, 2]);
  });
});
