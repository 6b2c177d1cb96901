/** NPB: the layer problem against a solver of integer programs (test/fixtures/npb/generate.py) and all masks, and whole masks. */
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
import { type Block, inputCounts, type LayerProblem, pathScale, spread } from '../../../server/pruning/npb/layer';
import { layerRatios } from '../../../server/pruning/ratios';
import { createRandom } from '../../../server/random';
import { chain } from '../../support/networks';

interface Solved {
  readonly paths: readonly number[];
  readonly outputs: number;
  readonly places: number;
  readonly kept: number;
  readonly alpha: number;
  readonly beta: number;
  readonly optimum: number;
  readonly inputs: readonly number[];
}

const solved = JSON.parse(readFileSync('test/fixtures/npb/optima.json', 'utf8')) as Solved[];
const executor = createReferenceExecutor();

/** Places of each kernel by [block, input, output]. */
type Kernels = readonly (readonly (readonly number[])[])[];

/** What the paper maximizes, of any kernels. */
function objective(problem: LayerProblem, kernels: Kernels): number {
  const { blocks, kept, nodeShare, kernelShare } = problem;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const used = (values: readonly number[]) => values.filter((value) => value > 0).length;
  const columns = kernels.map((rows, block) =>
    Array.from({ length: blocks[block].outputs }, (_, output) => sum(rows.map((row) => row[output]))),
  );
  const nodes = sum(blocks.map(({ paths, outputs }) => paths.length + outputs));
  const usedNodes = sum(kernels.map((rows) => used(rows.map(sum)))) + sum(columns.map(used));
  const flow = sum(kernels.flatMap((rows, block) => rows.map((row, i) => blocks[block].paths[i] * sum(row))));
  return (
    (nodeShare * usedNodes) / nodes +
    ((1 - nodeShare) * flow) / pathScale(problem) +
    (kernelShare * used(kernels.flat(2))) / kept
  );
}

/** Our optimum, and what its inputs keep. */
function solve(problem: LayerProblem) {
  const counts = inputCounts(problem);
  const random = createRandom(1, 'npb test');
  const kernels = counts.map((sums, block) => {
    const { outputs } = problem.blocks[block];
    return spread(sums, outputs, random.permutation(sums.length), () => random.permutation(outputs));
  });
  expect(kernels.map((rows) => rows.map((row) => row.reduce((sum, count) => sum + count, 0)))).toEqual(counts);
  expect(Math.max(...kernels.flat(2))).toBeLessThanOrEqual(problem.places);
  return { counts, kernels, value: objective(problem, kernels) };
}

/** The highest value of all kernels that keep `kept`. */
function highest(problem: LayerProblem): number {
  const { blocks, places, kept } = problem;
  const kernels = blocks.map(({ paths, outputs }) => paths.map(() => new Array<number>(outputs).fill(0)));
  const cells = kernels.flatMap((rows) => rows.flatMap((row) => row.map((_, output) => [row, output] as const)));
  let best = Number.NEGATIVE_INFINITY;
  const fill = (cell: number, left: number) => {
    if (cell === cells.length) {
      if (left === 0) best = Math.max(best, objective(problem, kernels));
      return;
    }
    const [row, output] = cells[cell];
    for (let count = 0; count <= Math.min(places, left); count++) {
      row[output] = count;
      fill(cell + 1, left - count);
    }
    row[output] = 0;
  };
  fill(0, kept);
  return best;
}

describe('the layer problem', () => {
  it.each(solved)(
    'has the optimum that a solver finds: $paths, $outputs outputs, $kept weights, α $alpha, β $beta',
    ({ paths, outputs, places, kept, alpha, beta, optimum, inputs }) => {
      const ours = solve({ blocks: [{ paths, outputs }], places, kept, nodeShare: alpha, kernelShare: beta });
      expect(ours.value).toBeCloseTo(optimum, 8);
      // Equal inputs may share in any way.
      const byPaths = (counts: readonly number[]) =>
        paths.map((path) => counts.reduce((sum, count, i) => sum + (paths[i] === path ? count : 0), 0));
      expect(byPaths(ours.counts[0])).toEqual(byPaths(inputs));
      const used = ours.counts[0].filter((count) => count > 0);
      expect(used.reduce((sum, count) => sum + count, 0)).toBe(kept);
    },
  );

  it('has the best of all kernels, with groups of inputs and outputs, too', () => {
    const random = createRandom(2, 'npb test');
    const block = (): Block => ({
      paths: Array.from({ length: 1 + random.integer(2) }, () => 1 + random.integer(9)),
      outputs: 1 + random.integer(2),
    });
    for (let round = 0; round < 120; round++) {
      const blocks =
        round % 2 === 0
          ? [{ ...block(), outputs: 3 }]
          : [block(), { ...block(), outputs: 2 }].map(({ paths }) => ({ paths, outputs: 2 }));
      const places = 1 + random.integer(2);
      const room = blocks.reduce((sum, { paths, outputs }) => sum + paths.length * outputs * places, 0);
      const problem: LayerProblem = {
        blocks,
        places,
        kept: 1 + random.integer(room),
        nodeShare: [0, 0.01, 0.5, 0.95, 1][random.integer(5)],
        kernelShare: [0, 0.05, 1, 2][random.integer(4)],
      };
      expect(solve(problem).value, JSON.stringify(problem)).toBeCloseTo(highest(problem), 9);
    }
  });

  it('gives inputs that no path reaches nothing while others have room', () => {
    const problem = { blocks: [{ paths: [0, 4, 0, 4], outputs: 3 }], places: 9, nodeShare: 0.9, kernelShare: 2 };
    expect(inputCounts({ ...problem, kept: 20 })).toEqual([[0, 10, 0, 10]]);
    expect(inputCounts({ ...problem, kept: 56 })).toEqual([[1, 27, 1, 27]]);
  });
});

const network = createNetwork(
  chain(
    [8, 8, 3],
    ['conv1', 'Conv2D', { filters: 12, kernelSize: 3, padding: 'same', activation: 'relu' }],
    ['bn1', 'BatchNormalization'],
    ['depthwise', 'DepthwiseConv2D', { kernelSize: 3, depthMultiplier: 2, activation: 'relu' }],
    ['conv2', 'Conv2D', { filters: 16, kernelSize: 3, activation: 'relu' }],
    ['flatten', 'Flatten'],
    ['fc', 'Dense', { units: 10 }],
  ),
);
const kernels = network.parameters.filter((parameter) => parameter.prunable);
const weights = initialWeights(network, 1);

async function masksOf(sparsity: number, seed = 3, prunable = kernels.map(({ name }) => name), method = 'npb') {
  const saliency = await scoreNetwork({
    criterion: findCriterion(method),
    network,
    weights,
    prunable,
    executor,
    options: { sparsity },
    seed,
  });
  return selectMasks(saliency, { sparsity });
}

describe('NPB', () => {
  it.each([0, 0.5, 0.9, 0.98])('keeps in each layer exactly what ERK gives it at %s', async (sparsity) => {
    const { kept } = layerRatios('erk', kernels, weights)!(sparsity, 0);
    const masks = await masksOf(sparsity);
    expect(Object.fromEntries([...masks].map(([name, mask]) => [name, countKept(mask)]))).toEqual(
      Object.fromEntries(kept),
    );
  });

  it('keeps outputs of a convolution equally full, each kernel once before any twice, and draws by the seed', async () => {
    const masks = await masksOf(0.9);
    expect(await masksOf(0.9)).toEqual(masks);
    expect(await masksOf(0.9, 4)).not.toEqual(masks);
    const { name, shape } = kernels.find((parameter) => parameter.name.startsWith('conv2'))!;
    const [height, width, inputs, outputs] = shape;
    const mask = masks.get(name)!;
    const places = new Array<number>(inputs * outputs).fill(0);
    for (let i = 0; i < sizeOf(shape); i++) places[i % places.length] += mask[i];
    const full = Array.from({ length: outputs }, (_, output) =>
      places.reduce((sum, count, i) => sum + (i % outputs === output ? count : 0), 0),
    );
    expect(Math.max(...full) - Math.min(...full)).toBeLessThanOrEqual(1);
    expect(countKept(mask)).toBeLessThan(inputs * outputs);
    expect(Math.max(...places)).toBe(1);
    expect([height, width]).toEqual([3, 3]);
  });

  it('leaves more paths and nodes than chance with the same layers, and layers alone that are not to be pruned', async () => {
    const [balanced, chance] = [
      await reportSparsity(executor, network, await masksOf(0.97)),
      await reportSparsity(executor, network, await masksOf(0.97, 3, undefined, 'random-erk')),
    ];
    expect(balanced.log10Paths!).toBeGreaterThan(chance.log10Paths ?? 0);
    expect(balanced.connected).toBeGreaterThan(chance.connected);
    const some = kernels.slice(1).map(({ name }) => name);
    expect([...(await masksOf(0.9, 3, some)).keys()]).toEqual(some);
  });
});
