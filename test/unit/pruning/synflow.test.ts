/** SynFlow on networks that the paper's float64 and its relus are no help for. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { gradient } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import type { Network } from '../../../server/models/types';
import { findCriterion, initialWeights, scoreNetwork, selectMasks } from '../../../server/pruning';
import { createScaledBuilder } from '../../../server/pruning/scaled';
import { readAll, runWith, uploadWeights } from '../../../server/pruning/tensors';
import { tiedScores } from '../../../server/pruning/ties';
import type { Weights } from '../../../server/pruning/types';
import { describeArchitecture } from '../../support/architectures';
import { chain } from '../../support/networks';

const executor = createReferenceExecutor();

function prunableOf(network: Network): string[] {
  return network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name);
}

async function score(network: Network, weights: Weights, iterations = 1, sparsity = 0.5) {
  const criterion = findCriterion('synflow');
  const options = { iterations, sparsity };
  const saliency = await scoreNetwork({
    criterion,
    network,
    weights,
    prunable: prunableOf(network),
    executor,
    options,
    seed: 0,
  });
  return saliency.scores;
}

/** The Pearson correlation of ranks. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
    const rank = new Array<number>(values.length);
    for (const [position, i] of order.entries()) rank[i] = position;
    return rank;
  };
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (x.length - 1) / 2;
  const product = (p: number[], q: number[]) => p.reduce((sum, one, i) => sum + (one - middle) * (q[i] - middle), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

const flat = (scores: ReadonlyMap<string, Float32Array>) => [...scores.values()].flatMap((values) => [...values]);

const scaledBy = (weights: Weights, factor: number): Weights =>
  new Map([...weights].map(([name, values]) => [name, values.map((value) => value * factor)]));

const layers = (count: number, units: number, options: object) =>
  Array.from({ length: count }, (_, i) => [`d${i}`, 'Dense', { units, useBias: false, ...options }] as const);

const logits = ['logits', 'Dense', { units: 3, useBias: false }] as const;

describe('a network whose flow leaves the range of float32', () => {
  // 60 layers, each of which multiplies what passes by about 20, and by about 1e-4.
  it.each([20, 1e-5])('has the ranks of one that stays within, with weights times %d', async (factor) => {
    const network = createNetwork(chain([12], ...layers(60, 12, { activation: 'relu' }), logits));
    const weights = initialWeights(network, 1);
    const within = flat(await score(network, scaledBy(weights, 0.5)));
    const beyond = flat(await score(network, scaledBy(weights, factor)));
    expect(beyond.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
    expect(spearman(within, beyond)).toBeGreaterThan(0.9999);
  });

  it('keeps -1 for what is gone, and positive scores for what stays, in all rounds', async () => {
    const network = createNetwork(chain([12], ...layers(60, 12, { activation: 'relu' }), logits));
    const scores = await score(network, scaledBy(initialWeights(network, 1), 20), 10, 0.8);
    const masks = selectMasks({ scores }, { sparsity: 0.8 });
    for (const [name, values] of scores) {
      const mask = masks.get(name)!;
      expect(values.every((value, i) => (mask[i] ? value > 0 && Number.isFinite(value) : value >= -1))).toBe(true);
    }
    expect(flat(scores).filter((value) => value === -1).length).toBeGreaterThan(0);
  });
});

describe('activations that saturate', () => {
  it.each(['relu6', 'tanh', 'hardSigmoid', 'softmax', 'elu'])('%s counts as the identity', async (activation) => {
    const weights = (network: Network) => scaledBy(initialWeights(network, 2), 4);
    const curved = createNetwork(chain([8], ...layers(5, 16, { activation }), logits));
    const straight = createNetwork(chain([8], ...layers(5, 16, {}), logits));
    expect(flat(await score(curved, weights(curved)))).toEqual(flat(await score(straight, weights(straight))));
  });
});

describe('every layer passes the flow on', () => {
  it.each([
    ['LayerNormalization', {}],
    ['GroupNormalization', { groups: 2 }],
    ['BatchNormalization', {}],
    ['Rescaling', { scale: 0.01, offset: -1 }],
    ['PReLU', {}],
  ] as const)('%s', async (className, config) => {
    const network = createNetwork(
      chain([8], ...layers(1, 8, {}), ['n', className, config], ...layers(2, 8, {}).slice(1), logits),
    );
    const scores = flat(await score(network, initialWeights(network, 4)));
    expect(scores.every((value) => value > 0)).toBe(true);
  });

  it.each(['SimpleRNN', 'LSTM', 'GRU'])('%s', async (className) => {
    const network = createNetwork(chain([5, 4], ['r', className, { units: 6 }], logits));
    const scores = flat(await score(network, initialWeights(network, 4)));
    expect(scores.filter((value) => value > 0).length).toBe(scores.length);
  });
});

it('scales change no derivative but by one factor, whatever meets', async () => {
  const step = (kind: string, a = 3, b = 1, c = 1) => ({ kind, a, b, c });
  const kinds = [
    'convolution',
    'residual',
    'concat',
    'normalized',
    'excite',
    'projected',
    'activation',
    'pool',
    'concat',
  ];
  const network = createNetwork(
    describeArchitecture(
      kinds.map((kind) => step(kind)),
      'flatten',
      [],
    ),
  );
  const weights = initialWeights(network, 5);
  const derivatives = async (isScaled: boolean) => {
    const b = createBuilder();
    const scaled = createScaledBuilder(b);
    const nodes = network.parameters.map(({ name, shape }) => b.input(name, shape));
    const parameters = new Map(network.parameters.map(({ name }, i) => [name, nodes[i]]));
    const ones = network.inputs.map(({ shape }) => b.constant(1, [1, ...shape]));
    const { logits: out } = network.apply(isScaled ? scaled : b, ones, parameters, 'flow');
    const wrt = gradient(b, b.reduceSum(out), nodes);
    const outputs = Object.fromEntries(network.parameters.map(({ name }, i) => [name, wrt[i]]));
    const executable = await executor.compile(
      createProgram('test', { ...outputs, scale: b.exp(scaled.logScaleOf(out)) }),
    );
    const positive = new Map([...weights].map(([name, values]) => [name, values.map(Math.abs)]));
    return readAll(await runWith(executable, uploadWeights(executor, network, positive)));
  };
  const plain = await derivatives(false);
  const scaled = await derivatives(true);
  const factor = scaled.get('scale')![0];
  expect(factor).toBeGreaterThan(1.5);
  for (const { name } of network.parameters) {
    const [expected, values] = [plain.get(name)!, scaled.get(name)!];
    values.forEach((value, i) => {
      expect(Math.abs(value * factor - expected[i])).toBeLessThanOrEqual(1e-4 * Math.abs(expected[i]) + 1e-6);
    });
  }
});

it('says why the scores of a layer are all the same', () => {
  const scores = new Map([
    ['a', Float32Array.of(0, 0)],
    ['b', Float32Array.of(0, 0)],
    ['c', Float32Array.of(-1, -1)],
    ['d', Float32Array.of(1, 2)],
    ['e', Float32Array.of(2, 2)],
  ]);
  const weights = new Map([
    ['a', Float32Array.of(0, 0)],
    ['b', Float32Array.of(1, 2)],
    ['e', Float32Array.of(3, 3)],
  ]);
  expect(tiedScores(scores, weights).map((text) => text.slice(14, 60))).toEqual([
    'a are 0: its weights are all 0 at initializati',
    'b are 0: what it gives changes nothing at the ',
    'c are -1: all were removed in earlier rounds.',
    'e are 2: its weights are all the same at initi',
  ]);
});
