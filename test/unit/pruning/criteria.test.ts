/** Criteria as strategies: what each must satisfy whatever the network, on a small one in the reference interpreter. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../../server/protocol/data';
import { UserError } from '../../../server/protocol/errors';
import {
  countKept,
  criteria,
  findCriterion,
  initialWeights,
  keptCount,
  type ScoringOptions,
  scoreNetwork,
  selectMasks,
} from '../../../server/pruning';
import { createRandom } from '../../../server/random';
import { chain } from '../../support/networks';

const network = createNetwork(
  chain(
    [6],
    ['a', 'Dense', { units: 12, activation: 'relu' }],
    ['b', 'Dense', { units: 8, activation: 'tanh' }],
    ['c', 'Dense', { units: 3, activation: 'softmax' }],
  ),
);
const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
const total = 6 * 12 + 12 * 8 + 8 * 3;

function batch(seed: number, size = 9): Batch {
  const random = createRandom(seed, 'criteria test');
  const x = new Float32Array(size * 6);
  random.fillNormal(x, 0, 1);
  return { x, y: Int32Array.from({ length: size }, (_, i) => i % 3), size };
}

function score(
  method: string,
  options: Partial<ScoringOptions> = {},
  extra: { givenBatches?: readonly Batch[]; seed?: number } = {},
) {
  return scoreNetwork({
    criterion: findCriterion(method),
    network,
    weights: initialWeights(network, 3),
    prunable,
    executor: createReferenceExecutor(),
    options,
    seed: extra.seed ?? 3,
    batches: async (count) => Array.from({ length: count }, (_, i) => batch(i)),
    ...extra,
  });
}

describe.each(criteria.map((criterion) => [criterion.name, criterion] as const))('%s', (name, criterion) => {
  const options: Partial<ScoringOptions> = { sparsity: 0.8, iterations: 4 };

  it('scores every prunable weight, repeatably, and leads to exactly k', async () => {
    const saliency = await score(name, options);
    expect([...saliency.scores.keys()]).toEqual(prunable);
    expect((await score(name, options)).scores).toEqual(saliency.scores);
    const masks = selectMasks(saliency, { sparsity: 0.8 });
    expect([...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0)).toBe(keptCount(total, 0.8));
  });

  it('reports progress up to its end where it takes more than one pass', async () => {
    const reports: [number, number][] = [];
    await scoreNetwork({
      criterion,
      network,
      weights: initialWeights(network, 3),
      prunable,
      executor: createReferenceExecutor(),
      options,
      seed: 3,
      givenBatches: [0, 1, 2, 3].map((seed) => batch(seed)),
      onProgress: (done, of) => reports.push([done, of]),
    });
    if (reports.length > 0) expect(reports.at(-1)![0]).toBe(reports.at(-1)![1]);
    expect(reports.map(([done]) => done)).toEqual(reports.map((_, i) => i + 1));
  });

  it('says that it needs data, or does without', async () => {
    const request = {
      criterion,
      network,
      weights: initialWeights(network, 3),
      prunable,
      executor: createReferenceExecutor(),
      options,
      seed: 3,
    };
    if (criterion.needsData) await expect(scoreNetwork(request)).rejects.toThrow('looks at training data');
    else await expect(scoreNetwork(request)).resolves.toBeDefined();
  });
});

describe('iterative criteria', () => {
  it('iterative SNIP never brings a weight back; the removed have -1', async () => {
    const { scores } = await score('iterative-snip', { sparsity: 0.9, iterations: 3 });
    const removed = [...scores.values()].reduce(
      (sum, values) => sum + values.filter((value) => value === -1).length,
      0,
    );
    expect(removed).toBe(total - keptCount(total, 1 - 0.1 ** (2 / 3)));
  });

  it('with one round are SNIP', async () => {
    const snip = await score('snip', {}, { givenBatches: [batch(0)] });
    expect((await score('force', { iterations: 1 }, { givenBatches: [batch(0)] })).scores).toEqual(snip.scores);
    expect((await score('iterative-snip', { iterations: 1 }, { givenBatches: [batch(0)] })).scores).toEqual(
      snip.scores,
    );
  });

  it('SynFlow keeps every layer alive where one round would not', async () => {
    const kept = async (iterations: number) => {
      const masks = selectMasks(await score('synflow', { sparsity: 0.95, iterations }), { sparsity: 0.95 });
      return [...masks.values()].map(countKept);
    };
    expect(Math.min(...(await kept(100)))).toBeGreaterThan(0);
  });
});

describe('ProsPr', () => {
  it('with no steps is SNIP', async () => {
    const snip = await score('snip', {}, { givenBatches: [batch(0)] });
    expect((await score('prospr', { steps: 0 }, { givenBatches: [batch(0)] })).scores).toEqual(snip.scores);
  });

  it('agrees with differences of the loss after training when a mask entry changes', async () => {
    const steps = 3;
    const options = { steps, innerLearningRate: 0.2, innerMomentum: 0.7, innerWeightDecay: 0.05 };
    const batches = [0, 1, 2, 3].map((seed) => batch(seed));
    const { scores } = await score('prospr', options, { givenBatches: batches });
    const weights = initialWeights(network, 3);
    for (const [name, index] of [
      ['a/kernel', 5],
      ['b/kernel', 17],
      ['c/kernel', 2],
    ] as const) {
      const step = 1e-3;
      const loss = async (change: number) => {
        const moved = new Map([...weights].map(([key, values]) => [key, Float64Array.from(values)]));
        moved.get(name)![index] *= 1 + change;
        return trainedLoss(moved, batches, options);
      };
      const slope = ((await loss(step)) - (await loss(-step))) / (2 * step);
      expect(scores.get(name)![index]).toBeCloseTo(Math.abs(slope), 5);
    }
  });

  it('on the same batch needs only one', async () => {
    await expect(score('prospr', { steps: 5, sameBatch: true }, { givenBatches: [batch(0)] })).resolves.toBeDefined();
    await expect(score('prospr', { steps: 5 }, { givenBatches: [batch(0)] })).rejects.toThrow('needs 6 batches');
  });
});

/** Loss after plain training of the 6-12-8-3 network, written out by hand in float64. */
function trainedLoss(
  weights: ReadonlyMap<string, Float64Array>,
  batches: readonly Batch[],
  options: { steps: number; innerLearningRate: number; innerMomentum: number; innerWeightDecay: number },
): number {
  const sizes = [6, 12, 8, 3];
  const layers = ['a', 'b', 'c'];
  const w = layers.map((layer) => Float64Array.from(weights.get(`${layer}/kernel`)!));
  const c = layers.map((layer) => Float64Array.from(weights.get(`${layer}/bias`)!));
  const momentum = [...w, ...c].map((values) => new Float64Array(values.length));
  const run = ({ x, y, size }: Batch, update: boolean): number => {
    const gradients = [...w, ...c].map((values) => new Float64Array(values.length));
    let loss = 0;
    for (let n = 0; n < size; n++) {
      const activations = [Float64Array.from(x.subarray(n * 6, n * 6 + 6))];
      const sums: Float64Array[] = [];
      layers.forEach((_, l) => {
        const sum = Float64Array.from(c[l]);
        for (let o = 0; o < sizes[l + 1]; o++)
          for (let i = 0; i < sizes[l]; i++) sum[o] += activations[l][i] * w[l][i * sizes[l + 1] + o];
        sums.push(sum);
        activations.push(l === 0 ? sum.map((v) => Math.max(v, 0)) : l === 1 ? sum.map(Math.tanh) : sum);
      });
      const exponentials = activations[3].map(Math.exp);
      const norm = exponentials.reduce((s, v) => s + v, 0);
      loss -= Math.log(exponentials[y[n]] / norm) / size;
      let delta = exponentials.map((v, k) => (v / norm - (k === y[n] ? 1 : 0)) / size);
      for (let l = 2; l >= 0; l--) {
        const back = new Float64Array(sizes[l]);
        for (let o = 0; o < sizes[l + 1]; o++) {
          gradients[3 + l][o] += delta[o];
          for (let i = 0; i < sizes[l]; i++) {
            gradients[l][i * sizes[l + 1] + o] += activations[l][i] * delta[o];
            back[i] += w[l][i * sizes[l + 1] + o] * delta[o];
          }
        }
        if (l > 0)
          delta = back.map((v, i) => v * (l === 1 ? (sums[0][i] > 0 ? 1 : 0) : 1 - Math.tanh(sums[1][i]) ** 2));
      }
    }
    if (update) {
      [...w, ...c].forEach((values, t) => {
        for (let i = 0; i < values.length; i++) {
          momentum[t][i] =
            options.innerMomentum * momentum[t][i] + gradients[t][i] + options.innerWeightDecay * values[i];
          values[i] -= options.innerLearningRate * momentum[t][i];
        }
      });
    }
    return loss;
  };
  for (let k = 0; k < options.steps; k++) run(batches[k], true);
  return run(batches[options.steps], false);
}

describe('wrong use', () => {
  it('is refused with a clear message', async () => {
    expect(() => findCriterion('snipp')).toThrow('there is no method "snipp"');
    await expect(score('snip', { sparsity: 1 })).rejects.toThrow('sparsity 1 is outside [0, 1)');
    await expect(score('prospr', { steps: -1 })).rejects.toThrow(UserError);
    await expect(score('snip', { temperature: 0 })).rejects.toThrow(UserError);
    await expect(score('synflow', { iterations: 0 })).rejects.toThrow(UserError);
  });

  it('finds NaN in the data', async () => {
    const bad = batch(0);
    bad.x[4] = Number.NaN;
    await expect(score('snip', {}, { givenBatches: [bad] })).rejects.toThrow(/the score of .* is NaN/);
  });
});
