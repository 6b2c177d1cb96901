/** How far a mask is the criterion's and not rounding's, and the inner step that is chosen by it. */
import { describe, expect, it } from 'vitest';
import { programKey } from '../../../server/executors/programKey';
import { createReferenceExecutor } from '../../../server/executors/reference';
import type { Executor } from '../../../server/executors/types';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../../server/protocol/data';
import { chosenAgain } from '../../../server/protocol/stability';
import {
  findCriterion,
  type InnerStep,
  initialWeights,
  measureStability,
  type ScoringRequest,
  scoreNetwork,
} from '../../../server/pruning';
import { compareScorings } from '../../../server/pruning/compareScorings';
import { LADDER } from '../../../server/pruning/innerStep';
import { rankCorrelation } from '../../../server/pruning/ranks';
import { changedWeights } from '../../../server/pruning/stability';
import { createRandom } from '../../../server/random';
import { chain } from '../../support/networks';

const network = createNetwork(
  chain(
    [6],
    ['a', 'Dense', { units: 12, activation: 'relu' }],
    ['n', 'BatchNormalization'],
    ['b', 'Dense', { units: 8, activation: 'relu' }],
    ['c', 'Dense', { units: 3 }],
  ),
);
const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
const weights = initialWeights(network, 3);
const executor = createReferenceExecutor();

function batch(seed: number, size = 16): Batch {
  const x = new Float32Array(size * 6);
  createRandom(seed, 'stability test').fillNormal(x, 0, 1);
  return { x, y: Int32Array.from({ length: size }, (_, i) => (i + seed) % 3), size };
}

const batchesFrom = (first: number) => async (count: number) =>
  Array.from({ length: count }, (_, i) => batch(first + i));

function requestOf(name: string, more: Partial<ScoringRequest> = {}): ScoringRequest {
  const source = { batches: batchesFrom(0), otherBatches: (draw: number) => batchesFrom(100 * draw) };
  return { criterion: findCriterion(name), network, weights, prunable, executor, seed: 3, ...source, ...more };
}

async function stabilityOf(request: ScoringRequest) {
  return measureStability(request, await scoreNetwork(request));
}

describe('two scorings', () => {
  const tensors = {
    parameters: [
      { name: 'a/k', layer: 'a' },
      { name: 'b/k', layer: 'b' },
    ] as never,
  };
  const scores = (a: number[], b: number[]) => ({
    scores: new Map([
      ['a/k', Float32Array.from(a)],
      ['b/k', Float32Array.from(b)],
    ]),
  });

  it('are compared by masks and ranks, in all and in each layer', () => {
    const before = scores([8, 7, 1, 2], [6, 5, 3, 4]);
    const after = scores([8, 1, 7, 2], [6, 5, 3, 4]);
    const figures = compareScorings(tensors, [before, after], { sparsity: 0.5 });
    // Both keep four, three of them the same: 3 of 5.
    expect(figures.maskIou).toBeCloseTo(3 / 5);
    expect(figures.layers.map(({ layer, maskIou }) => [layer, maskIou])).toEqual([
      ['a', 1 / 3],
      ['b', 1],
    ]);
    // Half of each layer is kept, so half of what is kept is kept twice by chance: 1 of 3 in each.
    expect(figures.chanceIou).toBeCloseTo(1 / 3);
    expect(figures.layers[1].rankCorrelation).toBe(1);
    expect(figures.rankCorrelation).toBeCloseTo(1 - (6 * 2 * 36) / (8 * 63));
  });

  it('that are the same share everything, also where a layer is empty or all alike', () => {
    const same = scores([8, 7, 6, 5], [1, 1, 1, 1]);
    const figures = compareScorings(tensors, [same, same], { sparsity: 0.5 });
    expect(figures).toMatchObject({ maskIou: 1, rankCorrelation: 1 });
    expect(figures.layers[1]).toEqual({ layer: 'b', maskIou: 1, rankCorrelation: 1 });
  });

  it('rank floats as numbers are ranked', () => {
    const values = Array.from({ length: 500 }, (_, i) => Math.fround(Math.sin(i * i) * 10 ** ((i % 7) - 3)));
    const other = values.map((value, i) => (i % 3 === 0 ? 0 : -value));
    expect(rankCorrelation(Float32Array.from(values), Float32Array.from(other))).toBe(rankCorrelation(values, other));
  });
});

describe('stability', () => {
  it('changes each trainable value by its part, the same for the same seed', () => {
    const changed = changedWeights({ network, weights, seed: 1 }, 1e-3, 1);
    for (const { name, trainable } of network.parameters) {
      changed.get(name)!.forEach((value, i) => {
        const original = weights.get(name)![i];
        if (!trainable) expect(value).toBe(original);
        else expect(Math.abs(value - original)).toBeCloseTo(Math.abs(original) * 1e-3, 7);
      });
    }
    expect(changedWeights({ network, weights, seed: 1 }, 1e-3, 1)).toEqual(changed);
    expect(changedWeights({ network, weights, seed: 1 }, 1e-3, 2)).not.toEqual(changed);
  });

  it('tells of weights and of other batches, layer by layer', async () => {
    const stability = await stabilityOf(requestOf('snip', { options: { sparsity: 0.7 } }));
    expect(stability.weights.maskIou).toBe(1);
    expect(stability.weights.layers.map(({ layer }) => layer)).toEqual(['a', 'b', 'c']);
    expect(stability.batches!.maskIou).toBeLessThan(0.9);
    expect(stability.batches!.chanceIou).toBeLessThan(stability.batches!.maskIou);
  });

  it('has no figures of batches where there are none to draw', async () => {
    const given = { givenBatches: [batch(0)], otherBatches: undefined, batches: undefined };
    expect((await stabilityOf(requestOf('snip', given))).batches).toBeNull();
    expect((await stabilityOf(requestOf('synflow', { options: { iterations: 3 } }))).batches).toBeNull();
  });

  it('changes what it is asked to, and takes means', async () => {
    const options = { sparsity: 0.7 };
    const rough = await stabilityOf(requestOf('snip', { options, stability: { change: 0.5 } }));
    expect(rough.weights.maskIou).toBeLessThan(0.9);
    const several = await stabilityOf(requestOf('snip', { options, stability: { change: 0.5, repeats: 3 } }));
    expect(several.weights).not.toEqual(rough.weights);
  });

  it('is 1 of criteria that look at nothing that changes', async () => {
    const { weights: figures } = await stabilityOf(requestOf('random', { options: { sparsity: 0.9 } }));
    expect(figures).toMatchObject({ maskIou: 1, rankCorrelation: 1 });
  });

  it('says how many weights would be chosen again', () => {
    expect(chosenAgain(1)).toBe(1);
    expect(chosenAgain(1 / 3)).toBeCloseTo(0.5);
  });
});

describe('an inner step that is found', () => {
  /** Counts examples that are differentiated for, by what is run on them. */
  function memory() {
    const steps = new Map<string, InnerStep>();
    return {
      steps,
      innerSteps: {
        recall: async (key: string) => steps.get(key),
        remember: async (key: string, step: InnerStep) => void steps.set(key, step),
      },
    };
  }

  it('is one of the ladder, is told, and its scores are those that it gives when it is asked for', async () => {
    const options = { sparsity: 0.9, innerLearningRate: 'auto' } as const;
    const found = await scoreNetwork(requestOf('prospr', { options }));
    const { innerLr } = found.diagnostics!;
    expect(LADDER).toContain(innerLr);
    expect(found.confirmed!.maskIou).toBeGreaterThanOrEqual(0.95);
    const asked = await scoreNetwork(requestOf('prospr', { options: { ...options, innerLearningRate: innerLr! } }));
    expect(asked.scores).toEqual(found.scores);
    expect(asked.diagnostics!.innerLr).toBe(innerLr);
  });

  it('goes down until the scores on all batches are stable, and says where none are', async () => {
    const options = { sparsity: 0.9, innerLearningRate: 'auto' } as const;
    const { steps, innerSteps } = memory();
    const request = requestOf('prospr', { options, innerSteps, stability: { change: 0.5 } });
    const found = await scoreNetwork(request);
    expect(found.diagnostics!.innerLr).toBe(LADDER.at(-1));
    expect(found.diagnostics!.warnings!.at(-1)).toMatch(/^No inner step down to 0\.00001 gives scores/);
    expect([...steps.values()]).toEqual([{ innerLr: LADDER.at(-1), maskIou: found.confirmed!.maskIou }]);
  });

  it('is looked for with each program compiled once a step, and disposed of', async () => {
    const compiled: string[] = [];
    let left = 0;
    const counting: Executor = {
      ...executor,
      async compile(program, purpose) {
        // The steps are in them; the outer gradient is that of all steps.
        if (program.name !== 'outer gradient') compiled.push(programKey(program, purpose));
        left++;
        const { run, dispose } = await executor.compile(program, purpose);
        const end = async () => {
          left--;
          await dispose();
        };
        return { program, run, dispose: end };
      },
    };
    const options = { sparsity: 0.9, innerLearningRate: 'auto' } as const;
    await scoreNetwork(requestOf('prospr', { options, executor: counting, stability: { change: 0.5 } }));
    expect(compiled.length).toBeGreaterThan(8);
    expect(new Set(compiled).size).toBe(compiled.length);
    expect(left).toBe(0);
  });

  it('is remembered for the same network, data and options', async () => {
    const { steps, innerSteps } = memory();
    const options = { sparsity: 0.9, innerLearningRate: 'auto' } as const;
    const first = await scoreNetwork(requestOf('prospr', { options, innerSteps }));
    const [[key, step]] = steps;
    steps.set(key, { ...step, innerLr: 0.123 });
    expect((await scoreNetwork(requestOf('prospr', { options, innerSteps }))).diagnostics!.innerLr).toBe(0.123);
    const other = requestOf('prospr', { options: { ...options, steps: 2 }, innerSteps });
    expect((await scoreNetwork(other)).diagnostics!.innerLr).not.toBe(0.123);
    expect(first.diagnostics!.innerLr).toBe(step.innerLr);
  });
});
