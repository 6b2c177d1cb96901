/** Which channels go together and which cannot go, their scores against the golden ones, and how many are selected. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../../server/executors/reference';
import { relativeError } from '../../../../server/executors/selfTest';
import type { ModelDescription } from '../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../../../server/protocol/data';
import {
  denseMacs,
  findChannelCriterion,
  findChannels,
  keptParameters,
  parameterMasks,
  scoreChannels,
  selectChannels,
  shrinkAdapted,
  shrinkNetwork,
  sparseMacs,
} from '../../../../server/pruning/structured';
import { entryMacs } from '../../../../server/pruning/structured/cost';
import { describeArchitecture } from '../../../support/architectures';
import { randomWeights } from '../../../support/channels';
import { type Golden, goldenNames, loadGolden } from '../../../support/golden';
import { chain } from '../../../support/networks';

const step = (kind: string, a = 3, b = 1, c = 1) => ({ kind, a, b, c });

function channelsOf(description: ModelDescription) {
  return findChannels(createNetwork(description));
}

describe('channel groups', () => {
  it('are one for each layer of a chain, and never the classifier', () => {
    const { groups, uncut, entries } = channelsOf(
      chain([6], ['a', 'Dense', { units: 5 }], ['b', 'Dense', { units: 4 }], ['logits', 'Dense', { units: 3 }]),
    );
    expect(groups.map((group) => [group.outputs.map(({ weight }) => weight), group.entries.length])).toEqual([
      [['a/kernel'], 5],
      [['b/kernel'], 4],
    ]);
    expect(entries).toBe(9);
    expect(uncut).toMatchObject([
      { weight: 'logits/kernel', staying: 3, reason: "it gives the model's output, one value a class" },
    ]);
  });

  it('join the layers that a residual sum adds, and say through which layer', async () => {
    const { groups, uncut } = channelsOf((await loadGolden('resnet_bn')).description);
    expect(groups.map(({ outputs, ties }) => [outputs.map(({ layer }) => layer), ties])).toEqual([
      [['stem', 'b1_conv2'], ['b1_add']],
      [['b1_conv1'], []],
      [['b2_conv1'], []],
      [['b2_conv2', 'b2_short'], ['b2_add']],
    ]);
    expect(uncut.map(({ layer }) => layer)).toEqual(['fc']);
  });

  it('cannot be cut where they are added to the input', () => {
    const { groups, uncut } = channelsOf(describeArchitecture([step('residual', 3, 0)], 'flatten', []));
    expect(groups.map(({ outputs }) => outputs.map(({ weight }) => weight))).toEqual([['conv2d_1/kernel']]);
    expect(uncut[0]).toMatchObject({ weight: 'conv2d_2/kernel', staying: 2 });
    expect(uncut[0].reason).toContain("'add_3'");
  });

  it('go by whole groups through a grouped convolution, and with a depthwise one', () => {
    const grouped = channelsOf(describeArchitecture([step('grouped', 1, 0, 1)], 'flatten', []));
    // Two groups that read two channels and make two.
    expect(grouped.groups.map(({ outputs, entries }) => [outputs.length, entries.length])).toEqual([[2, 2]]);
    const depthwise = channelsOf(describeArchitecture([step('convolution'), step('depthwise', 1)], 'flatten', []));
    expect(depthwise.groups.map(({ outputs, entries }) => [outputs.length, entries.length])).toEqual([[2, 4]]);
  });

  it('cannot be cut where a normalization or a softmax mixes them', () => {
    const { entries, uncut } = channelsOf(
      chain(
        [6],
        ['a', 'Dense', { units: 5 }],
        ['norm', 'LayerNormalization'],
        ['b', 'Dense', { units: 4, activation: 'softmax' }],
        ['logits', 'Dense', { units: 3 }],
      ),
    );
    expect(entries).toBe(0);
    expect(uncut.map(({ layer, reason }) => [layer, reason.includes('mixes')])).toEqual([
      ['a', true],
      ['b', true],
      ['logits', false],
    ]);
  });

  it('stay where their layer is excluded or frozen', () => {
    const network = createNetwork(
      chain(
        [6],
        ['a', 'Dense', { units: 5 }],
        ['b', 'Dense', { units: 4, trainable: false }],
        ['logits', 'Dense', { units: 3 }],
      ),
    );
    const { entries, uncut } = findChannels(network, ['logits/kernel']);
    expect(entries).toBe(0);
    expect(uncut.map(({ reason }) => reason).slice(0, 2)).toEqual(['it is excluded', 'its layer is not trained']);
  });
});

describe('costs', () => {
  it('of a channel are what the network loses without it', () => {
    const description = describeArchitecture(
      [
        step('convolution'),
        step('separable'),
        step('depthwise'),
        step('concat'),
        step('residual'),
        step('grouped', 1, 0),
      ],
      'flatten',
      [step('dense', 4)],
    );
    const structure = channelsOf(description);
    const { network, entries } = structure;
    const weights = randomWeights(network, 1);
    const names = new Set(network.parameters.map(({ name }) => name));
    const costs = entryMacs(structure);
    for (let entry = 0; entry < entries; entry++) {
      const keep = new Uint8Array(entries).fill(1);
      keep[entry] = 0;
      const smaller = shrinkNetwork(structure, keep, weights).network;
      expect(denseMacs(network) - denseMacs(smaller)).toBeCloseTo(costs[entry], 6);
      expect(sparseMacs(network, parameterMasks(structure, keep))).toBeCloseTo(denseMacs(smaller), 6);
      const sizes = smaller.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
      expect(keptParameters(structure, names, keep)).toBe(sizes);
    }
  });
});

function goldenRequest({ description, parameters, tensors }: Golden) {
  const network = createNetwork(description);
  const batches = [0, 1, 2, 3].map((i): Batch => {
    const y = tensors.get(`batch/${i}/y`)!.data as Int32Array;
    return { x: tensors.get(`batch/${i}/x`)!.data as Float32Array, y, size: y.length };
  });
  const weights = network.parameters.map(
    ({ name, initialize }) => [name, (parameters.get(name)?.data as Float32Array) ?? initialize(0)] as const,
  );
  return {
    network,
    structure: findChannels(network),
    weights: new Map(weights),
    prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
    executor: createReferenceExecutor(),
    seed: 1,
    batches,
  };
}

describe('channel scores', () => {
  it.each(goldenNames)('of ProsPr on %s are the golden ones, and sums over groups', async (name) => {
    const golden = await loadGolden(name);
    const { batches, ...request } = goldenRequest(golden);
    const { scores, kernels } = await scoreChannels({
      ...request,
      criterion: findChannelCriterion('prospr'),
      options: { innerLearningRate: 0.1 },
      givenBatches: batches,
    });
    for (const [weight, values] of kernels) {
      const expected = golden.tensors.get(`score/prospr_structured/${weight}`)!.data as Float32Array;
      expect(relativeError(values, expected), weight).toBeLessThan(1e-3);
    }
    expect(kernels.size).toBe(request.prunable.length);
    const { groups, axes } = request.structure;
    for (const { outputs, entries } of groups.filter((group) => group.outputs.length === 1)) {
      const [{ weight, axis }] = outputs;
      expect(Array.from(axes.get(weight)![axis]!, (entry) => scores[entry])).toEqual([...kernels.get(weight)!]);
      expect(entries.length).toBe(kernels.get(weight)!.length);
    }
  });

  it('of SNIP and GraSP are signed sums of the golden scores of weights', async () => {
    const golden = await loadGolden('conv_pool');
    const { batches, ...request } = goldenRequest(golden);
    const scored = await scoreChannels({
      ...request,
      criterion: findChannelCriterion('grasp'),
      givenBatches: batches.slice(0, 1),
    });
    for (const [weight, values] of scored.kernels) {
      const elements = golden.tensors.get(`score/grasp/${weight}`)!.data as Float32Array;
      const sums = new Float32Array(values.length);
      for (let i = 0; i < elements.length; i++) sums[i % values.length] -= elements[i];
      expect(relativeError(values, sums), weight).toBeLessThan(1e-3);
    }
    const snip = await scoreChannels({
      ...request,
      criterion: findChannelCriterion('snip'),
      givenBatches: batches.slice(0, 1),
    });
    const single = await scoreChannels({
      ...request,
      criterion: findChannelCriterion('3sp-compute'),
      givenBatches: batches.slice(0, 1),
    });
    const costs = entryMacs(request.structure);
    expect(
      relativeError(
        single.scores,
        snip.scores.map((score, i) => score / costs[i]),
      ),
    ).toBeLessThan(1e-6);
  });

  it('of magnitude are norms, of random ones uniform and the seed’s own', async () => {
    const { batches: _batches, ...request } = goldenRequest(await loadGolden('mlp'));
    const { kernels } = await scoreChannels({ ...request, criterion: findChannelCriterion('magnitude') });
    const kernel = request.weights.get('fc1/kernel')!;
    const norm = Math.hypot(...kernel.filter((_, i) => i % 24 === 5));
    expect(kernels.get('fc1/kernel')![5]).toBeCloseTo(norm, 5);
    const draw = (seed: number) => scoreChannels({ ...request, seed, criterion: findChannelCriterion('random') });
    expect((await draw(1)).scores).toEqual((await draw(1)).scores);
    expect((await draw(1)).scores).not.toEqual((await draw(2)).scores);
  });

  it('names the methods there are', () => {
    expect(() => findChannelCriterion('synflow')).toThrow(/no method "synflow" for channels/);
  });
});

describe('selection of channels', () => {
  const structure = channelsOf(
    chain([6], ['a', 'Dense', { units: 50 }], ['b', 'Dense', { units: 30 }], ['logits', 'Dense', { units: 3 }]),
  );
  const prunable = ['a/kernel', 'b/kernel', 'logits/kernel'];
  const count = (mask: Uint8Array) => mask.reduce((sum, bit) => sum + bit, 0);
  const scores = Float32Array.from({ length: 80 }, (_, i) => (i < 50 ? i : -i));

  it.each([0, 0.1, 0.5, 0.9, 0.975])('keeps exactly the right number at sparsity %d', (sparsity) => {
    const mask = selectChannels(structure, scores, { sparsity, prunable });
    expect(count(mask)).toBe(Math.round((1 - sparsity) * 80));
    // The best of the layer whose scores are all lower stays all the same.
    expect(mask[50]).toBe(1);
    expect(mask[49]).toBe(1);
  });

  it('prunes each layer alike, and keeps as many as asked for', () => {
    const alike = selectChannels(structure, scores, { sparsity: 0.8, prunable, scope: 'per-layer' });
    expect([count(alike.subarray(0, 50)), count(alike.subarray(50))]).toEqual([10, 6]);
    const least = selectChannels(structure, scores, { sparsity: 0.8, prunable, minPerLayer: 4 });
    expect([count(least.subarray(0, 50)), count(least.subarray(50))]).toEqual([12, 4]);
  });

  it('refuses what would leave a layer without a channel', () => {
    expect(() => selectChannels(structure, scores, { sparsity: 0.99, prunable })).toThrow(/2 must/);
    expect(() => parameterMasks(structure, new Uint8Array(80))).toThrow(/no channel of a\/kernel/);
  });

  it('removes just enough channels for a fraction of the weights', () => {
    const names = new Set(prunable);
    const total = keptParameters(structure, names, new Uint8Array(80).fill(1));
    for (const sparsity of [0.1, 0.5, 0.9]) {
      const mask = selectChannels(structure, scores, { sparsity, prunable, of: 'parameters' });
      expect(keptParameters(structure, names, mask)).toBeLessThanOrEqual((1 - sparsity) * total);
      // One more of the best removed ones would be too much.
      const next = [...mask.keys()].filter((i) => mask[i] === 0).sort((a, b) => scores[b] - scores[a])[0];
      mask[next] = 1;
      expect(keptParameters(structure, names, mask)).toBeGreaterThan((1 - sparsity) * total);
    }
    expect(() => selectChannels(structure, scores, { sparsity: 0.999, prunable, of: 'parameters' })).toThrow(/weights/);
  });
});

describe('weights that stay', () => {
  const network = createNetwork(
    chain([64], ['a', 'Dense', { units: 100 }], ['b', 'Dense', { units: 80 }], ['logits', 'Dense', { units: 3 }]),
  );
  const structure = findChannels(network);
  const weights = randomWeights(network, 1);
  const keep = Uint8Array.from({ length: 180 }, (_, i) => (i % 4 === 0 ? 1 : 0));

  it('are scaled by the root of the inputs that are gone', () => {
    const plain = shrinkAdapted(structure, keep, weights, 'keep', 0).weights;
    const scaled = shrinkAdapted(structure, keep, weights, 'rescale', 0).weights;
    expect(scaled.get('a/kernel')).toEqual(plain.get('a/kernel'));
    expect(scaled.get('b/kernel')![7]).toBeCloseTo(2 * plain.get('b/kernel')![7], 5);
    expect(scaled.get('b/bias')).toEqual(plain.get('b/bias'));
  });

  it('are drawn anew for the smaller shapes', () => {
    const shrunk = shrinkAdapted(structure, keep, weights, 'reinit', 5);
    const smaller = shrunk.network;
    const deviation = (values: Float32Array) =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    // Glorot's uniform distribution with 25 inputs and 20 outputs.
    expect(deviation(shrunk.weights.get('b/kernel')!)).toBeCloseTo(Math.sqrt(2 / 45), 1);
    expect(smaller.parameters.find(({ name }) => name === 'b/kernel')!.initialize(9)).toEqual(
      shrunk.weights.get('b/kernel'),
    );
  });
});
