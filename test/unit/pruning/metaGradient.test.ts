/** ProsPr through other optimizers and many steps: norms of the adjoint, clipping, and what is kept in memory. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor, interpret } from '../../../server/executors/reference';
import type { Value } from '../../../server/executors/reference/arrays';
import type { Executor } from '../../../server/executors/types';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { gradient } from '../../../server/graph/autodiff';
import { createProgram } from '../../../server/graph/program';
import type { Node } from '../../../server/graph/types';
import type { Batch } from '../../../server/protocol/data';
import { sizeOf } from '../../../server/protocol/tensor';
import { findCriterion, initialWeights, type ScoringOptions, scoreNetwork } from '../../../server/pruning';
import { buildLoss, nodesOf } from '../../../server/pruning/loss';
import { explosionWarning } from '../../../server/pruning/prospr';
import { createRandom } from '../../../server/random';
import { createOptimizer } from '../../../server/training/optimizers';
import { counting } from '../../support/countingExecutor';
import { chain } from '../../support/networks';

const network = createNetwork(
  chain([4], ['a', 'Dense', { units: 6, activation: 'tanh' }], ['b', 'Dense', { units: 3 }]),
);
const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);

function batch(seed: number, size = 5): Batch {
  const x = new Float32Array(size * 4);
  createRandom(seed, 'meta test').fillNormal(x, 0, 1);
  return { x, y: Int32Array.from({ length: size }, (_, i) => (i + seed) % 3), size };
}

function score(
  options: Partial<ScoringOptions>,
  executor: Executor = createReferenceExecutor(),
  onProgress?: (done: number, total: number) => void,
) {
  return scoreNetwork({
    criterion: findCriterion('prospr'),
    network,
    weights: initialWeights(network, 3),
    prunable,
    executor,
    options,
    seed: 3,
    batches: async (count) => Array.from({ length: count }, (_, i) => batch(i)),
    onProgress,
  });
}

/** Loss on the last batch after a step of the engine's training optimizers on each of the others. */
async function lossAfterTraining(
  start: ReadonlyMap<string, Float32Array>,
  batches: readonly Batch[],
  {
    innerOptimizer,
    innerLearningRate,
    innerEpsilon,
  }: Pick<ScoringOptions, 'innerEpsilon'> & {
    readonly innerLearningRate: number;
    readonly innerOptimizer: 'momentum' | 'adam';
  },
): Promise<number> {
  const optimizer = createOptimizer(
    innerOptimizer === 'adam'
      ? {
          kind: 'adam',
          learningRate: innerLearningRate,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: innerEpsilon,
          weightDecay: 0,
        }
      : { kind: 'sgd', learningRate: innerLearningRate, momentum: 0.9, nesterov: false, weightDecay: 0 },
  );
  const { b, parameters, trainable, loss } = buildLoss(network, 5);
  const weights = nodesOf(parameters, trainable);
  const gradients = gradient(b, loss, weights);
  const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, b.input(`scalar/${name}`, [])]));
  const outputs: { [name: string]: Node } = { loss };
  trainable.forEach((name, i) => {
    const state = Object.fromEntries(
      optimizer.slots.map((slot) => [slot, b.input(`${slot}/${name}`, weights[i].shape)]),
    );
    const updated = optimizer.update(b, {
      weight: weights[i],
      gradient: gradients[i],
      isDecayed: false,
      state,
      scalars,
    });
    outputs[name] = updated.weight;
    for (const slot of optimizer.slots) outputs[`${slot}/${name}`] = updated.state[slot];
  });
  const program = createProgram('training step', outputs);
  let values: { [name: string]: Value } = {};
  for (const { attributes, shape } of program.inputs) {
    const { name } = attributes;
    values[name] = { shape, data: Float64Array.from(start.get(name) ?? new Float32Array(sizeOf(shape))) };
  }
  for (const [k, { x, y, size }] of batches.entries()) {
    values = {
      ...values,
      x: { shape: [size, 4], data: Float64Array.from(x) },
      y: { shape: [size], data: y as Int32Array },
    };
    for (const [name, value] of Object.entries(optimizer.scalarValues(innerLearningRate, k))) {
      values[`scalar/${name}`] = { shape: [], data: Float64Array.of(value) };
    }
    const stepped = interpret(program, values);
    if (k === batches.length - 1) return stepped.loss.data[0];
    values = { ...values, ...stepped };
  }
  throw new Error('there is no batch');
}

describe('many steps', () => {
  it.each(['sgd', 'momentum', 'nesterov', 'adam'] as const)('64 of %s leave nothing behind', async (innerOptimizer) => {
    const { executor, alive } = counting();
    const options = { steps: 64, innerOptimizer, innerLearningRate: 0.01, innerEpsilon: 1e-3 };
    const { diagnostics } = await score(options, executor);
    expect(diagnostics!.adjointNorms).toHaveLength(65);
    expect(alive()).toBe(0);
  });

  it('of more than 32, taken in segments, agree with differences of the loss after training', async () => {
    const batches = Array.from({ length: 41 }, (_, i) => batch(i));
    for (const innerOptimizer of ['momentum', 'adam'] as const) {
      const options = { innerOptimizer, innerLearningRate: 0.02, innerEpsilon: 1e-2 };
      const { scores, diagnostics } = await score({ ...options, steps: 40 });
      const slope = async (name: string, index: number) => {
        const loss = async (change: number) => {
          const weights = initialWeights(network, 3);
          weights.get(name)![index] *= 1 + change;
          return lossAfterTraining(weights, batches, options);
        };
        const step = 2e-3;
        return ((await loss(step)) - (await loss(-step))) / (2 * step);
      };
      expect(diagnostics!.adjointNorms).toHaveLength(41);
      for (const [name, index] of [
        ['a/kernel', 3],
        ['b/kernel', 7],
      ] as const) {
        expect(scores.get(name)![index]).toBeCloseTo(Math.abs(await slope(name, index)), 4);
      }
    }
  });

  it('keep weights for a segment and a segment for each root, and none without a way back', async () => {
    const peakOf = async (options: Partial<ScoringOptions>) => {
      const { executor, peak } = counting();
      await score({ innerLearningRate: 0.01, ...options }, executor);
      return peak();
    };
    // The network has four trainable tensors; up to 32 steps each keeps them.
    expect((await peakOf({ steps: 30 })) - (await peakOf({ steps: 20 }))).toBe(10 * 4);
    // 16 segments of 16 steps: 16 times the weights in one, weights and momentum at the start of each.
    expect(await peakOf({ steps: 256 })).toBeLessThan((16 + 2 * 16 + 8) * 4);
    expect(await peakOf({ steps: 256, variant: 'first-order' })).toBe(
      await peakOf({ steps: 4, variant: 'first-order' }),
    );
  });

  it('of first order give |dL/dw_M * w_init|: a step at a rate of nearly nothing is SNIP', async () => {
    const { scores } = await score({ steps: 1024, variant: 'first-order', innerLearningRate: 1e-12, sameBatch: true });
    const snip = await scoreNetwork({
      criterion: findCriterion('snip'),
      network,
      weights: initialWeights(network, 3),
      prunable,
      executor: createReferenceExecutor(),
      seed: 3,
      givenBatches: [batch(0)],
    });
    for (const name of prunable) {
      scores.get(name)!.forEach((value, i) => {
        expect(value).toBeCloseTo(snip.scores.get(name)![i], 6);
      });
    }
  });
});

describe('the released variant', () => {
  it('cuts the first momentum buffer, and without momentum has none to cut', async () => {
    const exact = { steps: 3, innerLearningRate: 0.3 } as const;
    const released = { ...exact, variant: 'released' } as const;
    expect((await score({ ...released, innerMomentum: 0 })).scores).toEqual(
      (await score({ ...exact, innerMomentum: 0 })).scores,
    );
    expect((await score({ ...released, innerMomentum: 0.9 })).scores).not.toEqual(
      (await score({ ...exact, innerMomentum: 0.9 })).scores,
    );
  });
});

describe('the adjoint', () => {
  it('is scaled down to the norm asked for in each step, and not where it is shorter', async () => {
    const free = await score({ steps: 8 });
    const norms = free.diagnostics!.adjointNorms!;
    const longest = Math.max(...norms);
    expect((await score({ steps: 8, clipAdjoint: longest * 1.01 })).scores).toEqual(free.scores);

    // With one step and no momentum the score is a linear function of the outer gradient: clipping it scales all.
    const options = { steps: 1, innerOptimizer: 'sgd' } as const;
    const whole = await score(options);
    const [first, last] = whole.diagnostics!.adjointNorms!;
    const clip = Math.min(first, last) / 10;
    const scale = clip / Math.max(first, last);
    const clipped = await score({ ...options, clipAdjoint: clip });
    for (const name of prunable) {
      clipped.scores.get(name)!.forEach((value, i) => {
        expect(value).toBeCloseTo(whole.scores.get(name)![i] * scale, 8);
      });
    }
  });

  it('is warned of when it explodes', async () => {
    expect(explosionWarning([2, 1.5, 1], 2)).toEqual([]);
    expect(explosionWarning([10, 5000, 1], 2)[0]).toMatch(/from 1\.00 at step 2 to 5\.00e\+3 at step 1/);
    const { diagnostics } = await score({ steps: 60, innerLearningRate: 6, innerMomentum: 0.9 });
    expect(diagnostics!.warnings![0]).toMatch(/The adjoint explodes/);
    expect((await score({})).diagnostics!.warnings).toEqual([]);
  });

  it('is the plain gradient without steps', async () => {
    const { diagnostics } = await score({ steps: 0, gradientNorms: true });
    for (const { metaGradient, gradient } of diagnostics!.gradientNorms!) expect(metaGradient).toBe(gradient);
    expect(diagnostics!.gradientNorms!.map(({ weight }) => weight)).toEqual(prunable);
  });

  it('differs from the plain gradient after steps, clipped or not', async () => {
    const free = await score({ steps: 3, gradientNorms: true });
    const clipped = await score({ steps: 3, gradientNorms: true, clipAdjoint: 1e-3 });
    free.diagnostics!.gradientNorms!.forEach(({ metaGradient, gradient }, i) => {
      expect(metaGradient).not.toBeCloseTo(gradient, 4);
      expect(clipped.diagnostics!.gradientNorms![i].gradient).toBeCloseTo(gradient, 10);
    });
  });
});

describe('progress', () => {
  it('counts the gradient that norms are compared with', async () => {
    const reports: [number, number][] = [];
    await score({ steps: 2, gradientNorms: true }, undefined, (done, total) => reports.push([done, total]));
    expect(reports).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
  });
});

describe('wrong use', () => {
  it('is refused', async () => {
    await expect(score({ variant: 'released', innerOptimizer: 'adam' })).rejects.toThrow('defined for momentum');
    await expect(score({ clipAdjoint: 0 })).rejects.toThrow('must be positive');
    await expect(score({ warmUpBatches: -1 })).rejects.toThrow('warm-up batches');
  });
});
