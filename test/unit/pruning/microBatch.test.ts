/** Scoring batches in parts: the same scores in the memory of a part, and what is said where they are others. */
import { afterAll, describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import type { Batch } from '../../../server/protocol/data';
import { floatTensor, sizeOf } from '../../../server/protocol/tensor';
import {
  type Criterion,
  criteria,
  defaultScoringOptions,
  findCriterion,
  initialWeights,
  type ScoringOptions,
  scoreNetwork,
} from '../../../server/pruning';
import { stepRule } from '../../../server/pruning/innerOptimizers';
import { stateAdjoint, stateInput, weightAdjoint } from '../../../server/pruning/metaPrograms';
import { createMetaSteps } from '../../../server/pruning/metaSteps';
import { channelCriteria, findChannels, scoreChannels } from '../../../server/pruning/structured';
import { uploadWeights } from '../../../server/pruning/tensors';
import type { ChosenOptions } from '../../../server/pruning/types';
import { createRandom } from '../../../server/random';
import { counting } from '../../support/countingExecutor';
import { chain, type LayerRow, relativeError } from '../../support/networks';

const SIZE = 7;
/** Parts of 3, 3 and 1 examples. */
const MICRO_BATCH = 3;

const plain = createNetwork(
  chain(
    [5, 5, 2],
    ['a', 'Conv2D', { filters: 4, kernelSize: [3, 3], activation: 'relu' }],
    ['flat', 'Flatten'],
    ['b', 'Dense', { units: 3, activation: 'softmax' }],
  ),
);
const rows: LayerRow[] = [
  ['a', 'Dense', { units: 6, activation: 'relu' }],
  ['n', 'BatchNormalization'],
  ['b', 'Dense', { units: 3, activation: 'softmax' }],
];
const normalized = createNetwork(chain([4], ...rows));
const tokens = createNetwork(
  chain([4], ['e', 'Embedding', { inputDim: 6, outputDim: 3 }], ['a', 'Dense', { units: 6 }]),
);

function batchOf(network: Network, seed: number, size = SIZE): Batch {
  const random = createRandom(seed, 'parts test');
  const x = new Float32Array(size * sizeOf(network.inputs[0].shape));
  random.fillNormal(x, 1, 2);
  return { x, y: Int32Array.from({ length: size }, (_, i) => (i + seed) % 3), size };
}

/** Ids; in each example other labels count. */
function textBatch(seed: number): Batch {
  const random = createRandom(seed, 'text parts test');
  const ids = () => Int32Array.from({ length: SIZE * 4 }, () => random.integer(6));
  return { x: ids(), y: ids().map((label, i) => (i % 4 < i / 8 ? label : -100)), size: SIZE };
}

const prunableOf = (network: Network) => network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name);

const few: Partial<ScoringOptions> = { sparsity: 0.5, iterations: 2, draws: 2, steps: 2, innerLearningRate: 0.05 };

function request(network: Network, options: Partial<ScoringOptions>, executor = createReferenceExecutor()) {
  const isText = network.inputs[0].dtype === 'int32';
  return {
    ...{ network, executor, seed: 3, prunable: prunableOf(network), weights: initialWeights(network, 3) },
    options: { ...few, ...options },
    batches: async (count: number) =>
      Array.from({ length: count }, (_, i) => (isText ? textBatch(i) : batchOf(network, i))),
  };
}

function score(criterion: Criterion, network: Network, options: Partial<ScoringOptions>) {
  return scoreNetwork({ criterion, ...request(network, options) });
}

async function expectEqual(criterion: Criterion, network: Network, options: Partial<ScoringOptions> = {}) {
  const whole = await score(criterion, network, options);
  const parts = await score(criterion, network, { ...options, microBatch: MICRO_BATCH });
  for (const [name, values] of whole.scores) {
    expect(relativeError(parts.scores.get(name)!, values), name).toBeLessThan(1e-5);
  }
  expect(parts.diagnostics?.warnings ?? []).toEqual(whole.diagnostics?.warnings ?? []);
}

const withData = criteria.filter(({ needsData }) => needsData);

describe('without batch normalization', () => {
  it.each(withData.map((criterion) => [criterion.name, criterion] as const))(
    'the parts of a batch add up to the scores of the whole: %s',
    (_name, criterion) => expectEqual(criterion, plain),
  );

  it.each<Partial<ScoringOptions>>([
    { innerOptimizer: 'adam', innerEpsilon: 0.1, innerWeightDecay: 0.1 },
    { innerOptimizer: 'nesterov', clipAdjoint: 0.01 },
    { variant: 'first-order' },
    { gradientNorms: true, clipAdjoint: 0.01 },
  ])('ProsPr with %o', (options) => expectEqual(findCriterion('prospr'), plain, options));

  it('labels that do not count make a part count less', async () => {
    for (const method of ['snip', 'grasp', 'prospr']) await expectEqual(findCriterion(method), tokens);
  });

  it.each(channelCriteria.filter(({ needsData }) => needsData))('channels by $name', async (criterion) => {
    const structure = findChannels(plain);
    const [whole, parts] = await Promise.all(
      [undefined, MICRO_BATCH].map((microBatch) =>
        scoreChannels({ criterion, structure, ...request(plain, { ...(microBatch && { microBatch }) }) }),
      ),
    );
    expect(relativeError(parts.scores, whole.scores)).toBeLessThan(1e-5);
  });
});

describe('the steps of ProsPr in float64', () => {
  const executor = createReferenceExecutor();
  afterAll(() => executor.dispose());

  it.each(['sgd', 'momentum', 'nesterov', 'adam'] as const)('%s', async (innerOptimizer) => {
    const options = {
      ...{ ...defaultScoringOptions, ...few, innerOptimizer, innerEpsilon: 0.01 },
      ...{ innerWeightDecay: 0.1, clipAdjoint: 0.5 },
    } as ChosenOptions;
    const weights = initialWeights(plain, 3);
    const rule = stepRule(innerOptimizer, options);
    const trainable = plain.parameters.filter((parameter) => parameter.trainable);
    const drawn = (prefix: string, center: number) =>
      Object.fromEntries(
        trainable.map(({ name, shape }) => {
          const values = new Float32Array(sizeOf(shape));
          createRandom(1, prefix, name).fillNormal(values, center, 0.1);
          return [prefix + name, executor.upload(floatTensor(shape, values))];
        }),
      );
    const groups = [
      uploadWeights(executor, plain, weights),
      drawn(weightAdjoint, 0),
      ...rule.slots.flatMap((slot) => [drawn(stateInput(slot), 1), drawn(stateAdjoint(slot), 0)]),
      Object.fromEntries(
        Object.entries(rule.scalarValues(3)).map(([name, value]) => [
          name,
          executor.upload(floatTensor([], Float32Array.of(value))),
        ]),
      ),
    ];
    const context = { network: plain, executor, weights, prunable: prunableOf(plain), seed: 3 };
    const stepsOf = (chosen: ChosenOptions) =>
      createMetaSteps({ ...context, options: chosen, batches: async () => [] }, rule);
    const whole = stepsOf(options);
    const parts = stepsOf({ ...options, microBatch: MICRO_BATCH });
    for (const step of ['forward', 'adjoint', 'outer', 'unclipped'] as const) {
      const [expected, actual] = [
        await whole[step](batchOf(plain, 5), ...groups),
        await parts[step](batchOf(plain, 5), ...groups),
      ];
      expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, tensor] of Object.entries(expected)) {
        const error = relativeError((await actual[name].read()).data, (await tensor.read()).data);
        expect(error, `${step}: ${name}`).toBeLessThan(1e-10);
      }
    }
  });
});

it('no program sees more examples than a part has, and nothing stays behind', async () => {
  for (const method of ['snip', 'grasp', 'prospr', 'px', 'hutchinson-taylor', 'fisher-taylor']) {
    const { executor, programs, alive } = counting();
    const options = { microBatch: MICRO_BATCH, gradientNorms: true, clipAdjoint: 0.1 };
    await scoreNetwork({ criterion: findCriterion(method), ...request(plain, options, executor) });
    expect(alive(), method).toBe(0);
    const seen = programs.flatMap(({ inputs }) => inputs.filter(({ attributes }) => attributes.name === 'x'));
    expect(Math.max(...seen.map(({ shape }) => shape[0])), method).toBe(MICRO_BATCH);
  }
});

describe('with batch normalization', () => {
  const snip = findCriterion('snip');

  it('parts have statistics of their own, which is said', async () => {
    const whole = await score(snip, normalized, {});
    const parts = await score(snip, normalized, { microBatch: MICRO_BATCH });
    expect(parts.scores).not.toEqual(whole.scores);
    const [warning] = parts.diagnostics!.warnings!;
    expect(warning).toContain('--micro-batch 3: batch normalization takes the statistics of each part');
    expect(warning).toContain('--warm-up-batches');
    const { diagnostics } = await score(findCriterion('prospr'), normalized, { microBatch: MICRO_BATCH });
    expect(diagnostics!.warnings![0]).not.toContain('--warm-up-batches');
  });

  it('fixed statistics are those of whole batches, and parts add up', () =>
    expectEqual(snip, normalized, { warmUpBatches: 2 }));

  it('a batch that is no larger than a part is taken whole', async () => {
    const { scores } = await score(snip, normalized, { microBatch: SIZE });
    expect(scores).toEqual((await score(snip, normalized, {})).scores);
  });
});

it('a micro-batch is a positive whole number', async () => {
  await expect(score(findCriterion('snip'), plain, { microBatch: 0 })).rejects.toThrow('a micro-batch must be');
});

it('the tensors of a batch that fails are gone', async () => {
  const { executor, alive } = counting();
  const controller = new AbortController();
  let runs = 0;
  const failing = {
    ...executor,
    compile: async (program: Parameters<typeof executor.compile>[0]) => {
      const executable = await executor.compile(program);
      return {
        ...executable,
        run: (inputs: Parameters<typeof executable.run>[0]) => {
          if (++runs === 3) controller.abort(new Error('stopped'));
          return executable.run(inputs);
        },
      };
    },
  };
  const asked = { ...request(plain, { microBatch: 2 }, failing), signal: controller.signal };
  await expect(scoreNetwork({ criterion: findCriterion('prospr'), ...asked })).rejects.toThrow('stopped');
  expect(alive()).toBe(0);
});
