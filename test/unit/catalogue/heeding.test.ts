/**
 * What criteria declare is what they do: an option that a criterion does not declare changes nothing about its scores, to the
 * bit, and each that it declares changes them, or what they are told to be.
 */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import { scoringKey } from '../../../server/protocol/catalogue/derive';
import type { Batch } from '../../../server/protocol/data';
import {
  type Criterion,
  initialWeights,
  type Saliency,
  type ScoringOptions,
  scoreNetwork,
} from '../../../server/pruning';
import { channelCriteria, findChannels, scoreChannels } from '../../../server/pruning/structured';
import { createRandom } from '../../../server/random';
import { CATALOGUE } from '../../../server/request/catalogue';
import { methods } from '../../../server/request/methods';
import { chain } from '../../support/networks';

const network = createNetwork(
  chain(
    [6],
    ['a', 'Dense', { units: 8, activation: 'relu' }],
    ['n', 'BatchNormalization'],
    ['b', 'Dense', { units: 6, activation: 'relu' }],
    ['c', 'Dense', { units: 3, activation: 'softmax' }],
  ),
);
/** Of those that balance kernels, which dense layers have none of. */
const convolutions = createNetwork(
  chain(
    [6, 6, 2],
    ['a', 'Conv2D', { filters: 5, kernelSize: 3, activation: 'relu' }],
    ['b', 'Conv2D', { filters: 6, kernelSize: 3, activation: 'relu' }],
    ['c', 'Conv2D', { filters: 5, kernelSize: 2 }],
    ['f', 'Flatten'],
  ),
);
const prunableOf = ({ parameters }: Network) => parameters.filter(({ prunable }) => prunable).map(({ name }) => name);
const prunable = prunableOf(network);
const weights = initialWeights(network, 3);
const OF_CONVOLUTIONS = {
  network: convolutions,
  weights: initialWeights(convolutions, 3),
  prunable: prunableOf(convolutions),
};
const executor = createReferenceExecutor();

function batch(seed: number, size: number): Batch {
  const random = createRandom(seed, 'heeding test');
  const x = new Float32Array(size * 6);
  random.fillNormal(x, 1, 2);
  return { x, y: Int32Array.from({ length: size }, (_, i) => i % 3), size };
}

/** Few rounds and draws, so that all of it takes seconds; with them every option still has something to change. */
const START = { sparsity: 0.6, iterations: 2, draws: 2, batches: 2, steps: 2, innerLearningRate: 0.1 } as const;

/** Enough rounds for masks to change. */
const LEARNED = { sparsity: 0.8, iterations: 20 } as const;

/** Another value for every option that criteria find by a key, and what else it needs to make a difference. */
const OTHER: { readonly [key: string]: readonly [start: Partial<ScoringOptions>, other: Partial<ScoringOptions>] } = {
  steps: [{}, { steps: 3 }],
  innerLearningRate: [{}, { innerLearningRate: 0.3 }],
  innerMomentum: [{}, { innerMomentum: 0.2 }],
  innerWeightDecay: [{}, { innerWeightDecay: 0.1 }],
  innerOptimizer: [{}, { innerOptimizer: 'adam' }],
  innerEpsilon: [{ innerOptimizer: 'adam' }, { innerOptimizer: 'adam', innerEpsilon: 0.1 }],
  gradientNorms: [{}, { gradientNorms: true }],
  clipAdjoint: [{}, { clipAdjoint: 0.001 }],
  variant: [{}, { variant: 'first-order' }],
  sameBatch: [{}, { sameBatch: true }],
  iterations: [{}, { iterations: 3 }],
  temperature: [{}, { temperature: 3 }],
  draws: [{}, { draws: 3 }],
  warmUpBatches: [{}, { warmUpBatches: 2 }],
  microBatch: [{}, { microBatch: 4 }],
  batches: [{}, { batches: 3 }],
  rounding: [{ sparsity: 0.61 }, { sparsity: 0.61, rounding: 'truncate' }],
  ratios: [{}, { ratios: 'erk' }],
  gate: [{}, { gate: 'weights' }],
  pattern: [{ sparsity: 0.5 }, { sparsity: 0.5, pattern: '1:2' }],
  nodeShare: [
    { ...LEARNED, sparsity: 0.9, nodeShare: 0.9 },
    { ...LEARNED, sparsity: 0.9, nodeShare: 0 },
  ],
  kernelShare: [LEARNED, { ...LEARNED, kernelShare: 0 }],
  scoreLearningRate: [LEARNED, { ...LEARNED, scoreLearningRate: 0.1 }],
};

/** Scores and what is told of them. */
type Score = (options: Partial<ScoringOptions>, batchSize?: number) => Promise<Pick<Saliency, 'diagnostics'> & object>;

function requestOf(options: Partial<ScoringOptions>, size: number) {
  const batches = async (count: number) => Array.from({ length: count }, (_, i) => batch(i, size));
  return { network, weights, prunable, executor, options: { ...START, ...options }, seed: 3, batches };
}

const ofWeights =
  (criterion: Criterion): Score =>
  (options, size = 9) =>
    scoreNetwork({ criterion, ...requestOf(options, size), ...(criterion.name === 'npb' && OF_CONVOLUTIONS) });

const subjects: readonly (readonly [string, Score, readonly string[]])[] = [
  ...CATALOGUE.methods.map((method) => {
    const criterion = methods.find(({ name }) => name === method.name)!;
    return [method.name, ofWeights(criterion), method.options.map(scoringKey)] as const;
  }),
  ...CATALOGUE.channelMethods.map((method) => {
    const criterion = channelCriteria.find(({ name }) => name === method.name)!;
    const score: Score = (options, size = 9) =>
      scoreChannels({ criterion, structure: findChannels(network), ...requestOf(options, size) });
    return [`channels by ${method.name}`, score, method.options.map(scoringKey)] as const;
  }),
];

describe.each(subjects)('%s', (_name, score, heeded) => {
  it.each(Object.entries(OTHER))(
    '%s makes a difference where it is declared, and only there',
    async (key, [start, other]) => {
      const [before, after] = [await score(start), await score({ ...start, ...other })];
      if (heeded.includes(key)) expect(after).not.toEqual(before);
      else expect(after).toEqual(before);
    },
  );

  it('the size of batches makes a difference where it is declared, and only there', async () => {
    const [before, after] = [await score({}, 9), await score({}, 12)];
    if (heeded.includes('batchSize')) expect(after).not.toEqual(before);
    else expect(after).toEqual(before);
  });
});

it('every option that criteria find by a key is among those that are tried', () => {
  const declared = [...CATALOGUE.methods, ...CATALOGUE.channelMethods].flatMap(({ options }) => options);
  const keys = new Set(declared.filter(({ scope }) => scope === 'scoring').map(scoringKey));
  expect([...keys].sort()).toEqual(Object.keys(OTHER).sort());
});
