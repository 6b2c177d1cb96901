/** DPaI, against the code that its authors published (see test/fixtures/dpai/generate.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { sizeOf } from '../../../server/protocol/tensor';
import {
  countKept,
  findCriterion,
  initialWeights,
  reportSparsity,
  scoreNetwork,
  selectMasks,
} from '../../../server/pruning';
import { balanceScores } from '../../../server/pruning/dpai';
import { keepHighest, keptCount } from '../../../server/pruning/selection';
import { chain } from '../../support/networks';

interface Published {
  /** As PyTorch lays them out: outputs first. */
  readonly shapes: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly sparsity: number;
    readonly alpha: number;
    readonly beta: number;
    readonly rounds: number;
    readonly rate: number;
    readonly kept: readonly number[];
    readonly masks: readonly string[];
  }[];
}

const published = JSON.parse(readFileSync('test/fixtures/dpai/authors.json', 'utf8')) as Published;

/** The network of generate.py. */
const network = createNetwork(
  chain(
    [6, 6, 2],
    ['conv1', 'Conv2D', { filters: 6, kernelSize: 3, padding: 'same' }],
    ['bn1', 'BatchNormalization'],
    ['act1', 'Activation', { activation: 'relu' }],
    ['conv2', 'Conv2D', { filters: 8, kernelSize: 3, useBias: false, activation: 'relu' }],
    ['pool', 'GlobalAveragePooling2D'],
    ['fc1', 'Dense', { units: 10, activation: 'relu' }],
    ['fc2', 'Dense', { units: 4 }],
  ),
);
const kernels = network.parameters.filter((parameter) => parameter.prunable);
const prunable = kernels.map(({ name }) => name);
const weights = initialWeights(network, 1);
const executor = createReferenceExecutor();

/** Our place of each place of PyTorch's tensor. */
function placesOf([outputs, inputs, height = 1, width = 1]: readonly number[]): number[] {
  const places: number[] = [];
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) places.push(((y * width + x) * inputs + i) * outputs + o);
  return places;
}

/** The scores that generate.py begins with. */
function drawn(shape: readonly number[], layer: number): Float64Array {
  const scores = new Float64Array(sizeOf(shape));
  placesOf(shape).forEach((place, i) => {
    const number = Number((BigInt(i) * 1103515245n + 12345n + 777n * BigInt(layer)) % 2n ** 31n);
    scores[place] = 3 * (number / 2 ** 31 - 0.5);
  });
  return scores;
}

describe('DPaI', () => {
  it.each(published.cases)(
    'learns the masks of the authors: α $alpha, β $beta, $rounds rounds',
    async ({ alpha, beta, rounds, rate, kept, masks }) => {
      const { shapes } = published;
      const scores = new Map(prunable.map((name, i) => [name, drawn(shapes[i], i)]));
      const counts = new Map(prunable.map((name, i) => [name, kept[i]]));
      const options = { rounds, nodeShare: alpha, kernelShare: beta, learningRate: rate };
      expect(await balanceScores({ network, weights, executor }, scores, counts, options)).toBe(true);
      let moved = 0;
      prunable.forEach((name, i) => {
        const [mask] = keepHighest([Float32Array.from(scores.get(name)!, Math.abs)], kept[i]);
        const ours = placesOf(shapes[i])
          .map((place) => mask[place])
          .join('');
        const begun = keepHighest([Float32Array.from(drawn(shapes[i], i), Math.abs)], kept[i])[0];
        expect(ours, name).toBe(masks[i]);
        moved += mask.filter((bit, place) => bit !== begun[place]).length;
      });
      expect(moved).toBeGreaterThan(10);
    },
  );

  it('keeps exactly as many as are asked for, and more paths and nodes than chance', async () => {
    const sparsity = 0.9;
    const score = (method: string) =>
      scoreNetwork({
        criterion: findCriterion(method),
        network,
        weights,
        prunable,
        executor,
        options: { sparsity, iterations: 150 },
        seed: 3,
      });
    const reports = [];
    for (const method of ['dpai', 'random-erk']) {
      const masks = selectMasks(await score(method), { sparsity });
      const kept = [...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0);
      expect(kept).toBe(
        keptCount(
          kernels.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
          sparsity,
        ),
      );
      reports.push(await reportSparsity(executor, network, masks));
    }
    const [learned, chance] = reports;
    expect(learned.log10Paths!).toBeGreaterThan(chance.log10Paths ?? 0);
    expect(learned.connected).toBeGreaterThan(chance.connected);
  });
});
