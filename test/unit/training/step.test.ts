/** One program step against hand-written float64 calculations, and masks over many steps. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import type { Value } from '../../../server/executors/reference/arrays';
import { gradient } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { softmaxCrossEntropy } from '../../../server/graph/compose';
import { createProgram } from '../../../server/graph/program';
import type { Network } from '../../../server/models/types';
import { type HostTensor, sizeOf } from '../../../server/protocol/tensor';
import type { Masks } from '../../../server/pruning/types';
import { createRandom } from '../../../server/random';
import { completeConfig, type TrainingOptions } from '../../../server/training/config';
import { createOptimizer, type Optimizer } from '../../../server/training/optimizers';
import { initialState, maskTensors, parameterKey, slotKey } from '../../../server/training/state';
import { createStepProgram, METRIC_STEPS, METRICS, scalarKey } from '../../../server/training/step';
import { denseNetwork, imageNetwork, initialWeights, plainNetwork, randomMasks } from '../../support/training';

const batchSize = 4;

function randomBatch(network: Network, step: number): { x: Value; y: Value } {
  const x = new Float64Array(batchSize * sizeOf(network.inputs[0].shape));
  const random = createRandom(step, 'batch');
  random.fillNormal(x, 0, 1);
  const y = Int32Array.from({ length: batchSize }, () => random.integer(network.classes));
  return { x: { shape: [batchSize, ...network.inputs[0].shape], data: x }, y: { shape: [batchSize], data: y } };
}

const noMetrics: Value = {
  shape: [METRIC_STEPS, 2],
  data: Float64Array.from({ length: 2 * METRIC_STEPS }, (_, i) => i),
};

const float64 = (state: ReadonlyMap<string, HostTensor>): Map<string, Value> =>
  new Map(Array.from(state, ([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]));

/** State after each of `steps` steps with learning rate 0.1, in float64. */
function takeSteps(network: Network, optimizer: Optimizer, masks: Masks, steps: number): Map<string, Value>[] {
  const { program, noise } = createStepProgram(network, optimizer, new Set(masks.keys()), batchSize);
  const weights = initialWeights(network);
  let state = float64(initialState(network, weights, masks, optimizer));
  return Array.from({ length: steps }, (_, step) => {
    const scalars = Object.entries(optimizer.scalarValues(0.1, step)).map(
      ([name, value]) => [scalarKey(name), { shape: [], data: Float64Array.of(value) }] as const,
    );
    const dropping = noise.map(({ input, shape }) => {
      const random = createRandom(step, input);
      return [
        input,
        { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => random.integer(2) * 2) },
      ] as const;
    });
    const inputs = new Map<string, Value>([
      ...state,
      ...float64(maskTensors(network, masks)),
      ...Object.entries(randomBatch(network, step)),
      ...scalars,
      ...dropping,
      [METRICS, noMetrics],
    ]);
    const { [METRICS]: metrics, ...changed } = interpret(program, Object.fromEntries(inputs));
    expect(metrics.data.every(Number.isFinite)).toBe(true);
    state = new Map([...state, ...Object.entries(changed)]);
    return state;
  });
}

/** Loss, number correct and gradients of a network without statistics, noise or penalty. */
function lossAndGradients(network: Network, weights: ReadonlyMap<string, Float64Array>, step: number) {
  const b = createBuilder();
  const nodes = new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
  const { x, y } = randomBatch(network, step);
  const { logits } = network.apply(b, [b.input('x', x.shape)], nodes, 'train');
  const loss = softmaxCrossEntropy(b, logits, b.oneHot(b.input('y', y.shape, 'int32'), network.classes));
  const gradients = gradient(b, loss, [...nodes.values()]);
  const outputs = Object.fromEntries(network.parameters.map(({ name }, i) => [name, gradients[i]]));
  const values = network.parameters.map(({ name, shape }) => [name, { shape, data: weights.get(name)! }] as const);
  return interpret(createProgram('gradients', { ...outputs, logits, loss }), { ...Object.fromEntries(values), x, y });
}

/** The optimizers written out for one number each, as PyTorch documents them. */
function byHand(options: NonNullable<TrainingOptions['optimizer']>, w: number, gradients: readonly number[]): number {
  const { kind, momentum = 0, nesterov, weightDecay = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const learningRate = 0.1;
  let buffer: number | undefined;
  let first = 0;
  let second = 0;
  gradients.forEach((gradient, i) => {
    const g = gradient + weightDecay * w;
    if (kind === 'adam') {
      first = beta1 * first + (1 - beta1) * g;
      second = beta2 * second + (1 - beta2) * g * g;
      const corrected = first / (1 - beta1 ** (i + 1));
      w -= (learningRate * corrected) / (Math.sqrt(second / (1 - beta2 ** (i + 1))) + epsilon);
    } else {
      buffer = buffer === undefined ? g : momentum * buffer + g;
      w -= learningRate * (nesterov ? g + momentum * buffer : buffer);
    }
  });
  return w;
}

describe('a training step', () => {
  const network = plainNetwork();

  it.each([
    { kind: 'sgd', momentum: 0, weightDecay: 0 },
    { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9, weightDecay: 0.01, nesterov: true },
    { kind: 'adam', weightDecay: 0 },
    { kind: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 1e-4, weightDecay: 0.01 },
  ] as const)('is %j by hand', (options) => {
    const optimizer = createOptimizer(completeConfig({ optimizer: options }).optimizer);
    const states = takeSteps(network, optimizer, new Map(), 3);
    const before = [
      float64(initialState(network, initialWeights(network), new Map(), optimizer)),
      ...states.slice(0, 2),
    ];
    const gradients = before.map((state, step) => {
      const weights = network.parameters.map(
        ({ name }) => [name, state.get(parameterKey(name))!.data as Float64Array] as const,
      );
      return lossAndGradients(network, new Map(weights), step);
    });
    for (const { name } of network.parameters) {
      const start = before[0].get(parameterKey(name))!.data;
      states[2].get(parameterKey(name))!.data.forEach((value, i) => {
        const expected = byHand(
          options,
          start[i],
          gradients.map((all) => all[name].data[i]),
        );
        expect(Math.abs(value - expected)).toBeLessThan(1e-12);
      });
    }
  });

  it('reports the loss before the step, without penalties, and the number correct', () => {
    const optimizer = createOptimizer(completeConfig().optimizer);
    const { program } = createStepProgram(network, optimizer, new Set(), batchSize);
    const state = float64(initialState(network, initialWeights(network), new Map(), optimizer));
    const learningRate: Value = { shape: [], data: Float64Array.of(0.1) };
    const batch = randomBatch(network, 0);
    const inputs = {
      ...Object.fromEntries(state),
      ...batch,
      [METRICS]: noMetrics,
      [scalarKey('learningRate')]: learningRate,
    };
    const { [METRICS]: metrics } = interpret(program, inputs);
    const weights = new Map(Array.from(initialWeights(network), ([name, values]) => [name, Float64Array.from(values)]));
    const { loss, logits } = lossAndGradients(network, weights, 0);
    const rows = Array.from({ length: batchSize }, (_, i) => Array.from(logits.data.slice(i * 3, i * 3 + 3)));
    const correct = rows.filter((row, i) => row.indexOf(Math.max(...row)) === batch.y.data[i]).length;
    expect(metrics.data.at(-2)).toBeCloseTo(loss.data[0], 14);
    expect(metrics.data.at(-1)).toBe(correct);
    expect(metrics.data.slice(0, -2)).toEqual(noMetrics.data.slice(2));
  });

  it('adds the penalty to the gradient only', () => {
    const penalized = denseNetwork();
    const optimizer = createOptimizer(completeConfig({ optimizer: { momentum: 0, weightDecay: 0 } }).optimizer);
    const free: Network = {
      ...penalized,
      apply: (...args) => {
        const { penalty: _, ...rest } = penalized.apply(...args);
        return rest;
      },
    };
    const [withPenalty] = takeSteps(penalized, optimizer, new Map(), 1);
    const [without] = takeSteps(free, optimizer, new Map(), 1);
    const start = initialWeights(penalized);
    const key = parameterKey('fc1/kernel');
    start.get('fc1/kernel')!.forEach((value, i) => {
      const difference = withPenalty.get(key)!.data[i] - without.get(key)!.data[i];
      expect(difference).toBeCloseTo(-0.1 * 2 * 1e-3 * value, 12);
    });
    expect(withPenalty.get(parameterKey('fc2/kernel'))!.data).toEqual(without.get(parameterKey('fc2/kernel'))!.data);
  });

  it('updates statistics and leaves frozen parameters alone', () => {
    const base = denseNetwork();
    const parameters = base.parameters.map((parameter) =>
      parameter.name === 'fc1/kernel' ? { ...parameter, trainable: false } : parameter,
    );
    const optimizer = createOptimizer(completeConfig().optimizer);
    const states = takeSteps({ ...base, parameters }, optimizer, new Map(), 2);
    expect(states[1].get(parameterKey('fc1/kernel'))!.data).toEqual(
      Float64Array.from(initialWeights(base).get('fc1/kernel')!),
    );
    expect(states[1].has(slotKey('momentum', 'fc1/kernel'))).toBe(false);
    for (const name of ['bn1/moving_mean', 'bn1/moving_variance']) {
      expect(states[1].get(parameterKey(name))!.data).not.toEqual(states[0].get(parameterKey(name))!.data);
    }
  });
});

describe('masks', () => {
  const optimizerOptions = fc.oneof(
    fc.record({
      kind: fc.constant('sgd' as const),
      momentum: fc.constantFrom(0, 0.5, 0.9),
      weightDecay: fc.constantFrom(0, 0.1),
    }),
    fc.record({
      kind: fc.constant('sgd' as const),
      momentum: fc.constant(0.9),
      nesterov: fc.constant(true),
      weightDecay: fc.constantFrom(0, 0.1),
    }),
    fc.record({ kind: fc.constant('adam' as const), weightDecay: fc.constantFrom(0, 0.1) }),
  );

  it('keep masked weights and their optimizer state at exactly zero, and no others', () => {
    const networks = [denseNetwork(), imageNetwork()];
    const property = fc.property(
      fc.constantFrom(...networks),
      optimizerOptions,
      fc.constantFrom(0, 0.1, 0.5, 0.9),
      fc.integer({ min: 0, max: 1000 }),
      (network, options, density, seed) => {
        const masks = randomMasks(network, density, seed);
        const optimizer = createOptimizer(completeConfig({ optimizer: options }).optimizer);
        for (const state of takeSteps(network, optimizer, masks, 3)) {
          for (const [name, mask] of masks) {
            const removed = (_: unknown, i: number) => mask[i] === 0;
            for (const key of [parameterKey(name), ...optimizer.slots.map((slot) => slotKey(slot, name))]) {
              expect(
                state
                  .get(key)!
                  .data.filter(removed)
                  .every((value) => value === 0),
              ).toBe(true);
            }
            const kept = state.get(parameterKey(name))!.data.filter((_, i) => mask[i] === 1);
            expect(kept.every((value) => value !== 0)).toBe(true);
          }
        }
      },
    );
    fc.assert(property, { numRuns: 40 });
  });
});
