/** Counting paths and the units on them, against enumeration and against the flow through a network of ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor, interpret } from '../../../server/executors/reference';
import type { Value } from '../../../server/executors/reference/arrays';
import type { LayerConfig, ModelDescription } from '../../../server/frontends/keras/description';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { gradient } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { declareInputs, declareParameters } from '../../../server/models/parameters';
import { sizeOf } from '../../../server/protocol/tensor';
import type { Masks } from '../../../server/pruning';
import { countPaths } from '../../../server/pruning/paths';
import { reportSparsity } from '../../../server/pruning/report';
import { createRandom } from '../../../server/random';
import { chain } from '../../support/networks';

function prunable(description: ModelDescription) {
  return createNetwork(description).parameters.filter((parameter) => parameter.prunable);
}

function randomMasks(description: ModelDescription, seed: number, density: number): Masks {
  const random = createRandom(seed, 'paths test');
  return new Map(
    prunable(description).map(({ name, shape }) => [
      name,
      Uint8Array.from({ length: sizeOf(shape) }, () => (random.uniform() < density ? 1 : 0)),
    ]),
  );
}

/** All paths of a chain of dense layers, one after the other, as the units they visit. */
function* enumerate(sizes: readonly number[], masks: readonly Uint8Array[], path: number[] = []): Generator<number[]> {
  if (path.length === sizes.length) yield path;
  else {
    for (let unit = 0; unit < sizes[path.length]; unit++) {
      const layer = path.length - 1;
      if (layer >= 0 && !masks[layer][path[layer] * sizes[path.length] + unit]) continue;
      yield* enumerate(sizes, masks, [...path, unit]);
    }
  }
}

/** Names, classes and inputs of a network with a residual, a concatenation, depthwise and grouped parts. */
function branched(shape: readonly number[], kernel: number): ModelDescription {
  const conv = (filters: number, options: LayerConfig = {}): LayerConfig => ({
    filters,
    kernelSize: [kernel, kernel],
    padding: 'same',
    useBias: false,
    ...options,
  });
  const rows: readonly (readonly [string, string, LayerConfig, ...string[]])[] = [
    ['a', 'Conv2D', conv(4), 'input'],
    ['r', 'LeakyReLU', {}, 'a'],
    ['b', 'Conv2D', conv(4, { groups: 2 }), 'r'],
    ['sum', 'Add', {}, 'r', 'b'],
    ['c', 'DepthwiseConv2D', { kernelSize: [kernel, kernel], padding: 'same', depthMultiplier: 2 }, 'sum'],
    ['n', 'BatchNormalization', {}, 'c'],
    ['d', 'Conv2D', conv(2), 'sum'],
    ['join', 'Concatenate', {}, 'n', 'd'],
    ['g', 'GlobalAveragePooling2D', {}, 'join'],
    ['e', 'Dense', { units: 3 }, 'g'],
  ];
  const { layers, ...rest } = chain(shape, ['unused', 'Activation', { activation: 'linear' }]);
  const added = rows.map(([name, className, config, ...from]) => ({
    name,
    className,
    config,
    calls: [from.map((layer) => ({ layer, call: 0, output: 0 }))],
    source: [],
  }));
  return { ...rest, layers: [layers[0], ...added], outputs: [{ layer: 'e', call: 0, output: 0 }] };
}

/**
 * w dR/dw summed over each tensor, for the network on one pixel in which the places of a kernel are added up: paths,
 * counted by another algorithm. The leaky relu has slope 1 on positive values.
 */
function flows(description: ModelDescription, masks: Masks): Map<string, number> {
  const network = createNetwork(description);
  const b = createBuilder();
  const parameters = declareParameters(b, network);
  const { logits } = network.apply(b, declareInputs(b, network, 1), parameters, 'evaluate');
  const names = [...masks.keys()];
  const nodes = names.map((name) => parameters.get(name)!);
  const gradients = gradient(b, b.reduceSum(logits), nodes);
  const values: { [name: string]: Value } = {
    x: { shape: [1, ...network.inputs[0].shape], data: new Float64Array(sizeOf(network.inputs[0].shape)).fill(1) },
  };
  for (const { name, shape } of network.parameters) {
    const mask = masks.get(name);
    const size = sizeOf(shape);
    const data = new Float64Array(size).fill(name.endsWith('gamma') || name.endsWith('moving_variance') ? 1 : 0);
    mask?.forEach((bit, i) => {
      data[i % size] += bit;
    });
    values[name] = { shape, data };
  }
  const results = interpret(createProgram('flows', Object.fromEntries(names.map((n, i) => [n, gradients[i]]))), values);
  return new Map(
    names.map((name) => [
      name,
      Array.from(results[name].data).reduce((sum, g, i) => sum + g * values[name].data[i], 0),
    ]),
  );
}

describe('paths', () => {
  it('are those that enumeration finds, and so are the units they reach', () => {
    const sizes = [3, 4, 5, 2];
    const names = ['a', 'b', 'c'];
    const description = chain(
      [3],
      ['a', 'Dense', { units: 4, activation: 'relu' }],
      ['b', 'Dense', { units: 5, activation: 'tanh' }],
      ['c', 'Dense', { units: 2 }],
    );
    const network = createNetwork(description);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0.1, max: 1, noNaN: true }), (seed, density) => {
        const masks = randomMasks(description, seed, density);
        const all = [...enumerate(sizes, [...masks.values()])];
        const { total, throughWeight, units } = countPaths(network, masks);
        expect(total === null ? 0 : 10 ** total).toBeCloseTo(all.length, 6);
        names.forEach((name, layer) => {
          const through = throughWeight.get(`${name}/kernel`)!;
          expect(through === null ? 0 : 10 ** through).toBeCloseTo(all.length, 6);
          const reached = new Set(all.map((path) => path[layer + 1])).size;
          expect(units.get(`${name}/kernel`)).toEqual({ total: sizes[layer + 1], reached });
        });
      }),
      { numRuns: 50 },
    );
  });

  it('go through the parts that a layer cuts its kernel into', () => {
    const network = createNetwork(
      chain([2, 2], ['memory', 'GRU', { units: 3, resetAfter: false }], ['out', 'Dense', { units: 2 }]),
    );
    const [kernel, recurrent] = network.parameters.map(({ name }) => name);
    // The last of three gates makes the candidate state: from the first input to its first unit, and on to its second one.
    const [into, on] = [new Uint8Array(2 * 9), new Uint8Array(3 * 9)];
    into[6] = 1;
    on[6 + 1] = 1;
    const paths = (own: Uint8Array) =>
      countPaths(
        network,
        new Map([
          [kernel, into],
          [recurrent, own],
        ]),
      );
    expect(10 ** paths(new Uint8Array(3 * 9)).total!).toBeCloseTo(2, 10);
    expect(10 ** paths(on).total!).toBeCloseTo(4, 10);
    expect(10 ** paths(on).throughWeight.get(recurrent)!).toBeCloseTo(2, 10);
    // Nothing comes to the second unit that could go on from there.
    expect(10 ** paths(on.map((_, i) => (i === 9 + 6 ? 1 : 0))).total!).toBeCloseTo(2, 10);
  });

  it('go through residual, concatenated, depthwise and grouped parts as a flow of ones does', () => {
    const [image, pixel] = [branched([4, 4, 2], 3), branched([1, 1, 2], 1)];
    const epsilon = 1e-3;
    for (const seed of [1, 2, 3]) {
      const masks = randomMasks(image, seed, 0.4);
      const { throughWeight } = countPaths(createNetwork(image), masks);
      const expected = flows(pixel, masks);
      for (const name of ['a/kernel', 'b/kernel', 'd/kernel', 'c/depthwise_kernel', 'e/kernel']) {
        // Batch norm divides by the root of one and epsilon: within this of a count.
        expect(10 ** throughWeight.get(name)! / expected.get(name)!).toBeCloseTo(1, -Math.log10(epsilon));
      }
    }
  });

  it('are as many as choices of one place a layer, however deep the network', () => {
    const layers = Array.from({ length: 400 }, (_, i) => [`d${i}`, 'Dense', { units: 8 }] as const);
    const network = createNetwork(chain([8], ...layers));
    expect(countPaths(network, new Map()).total).toBeCloseTo(401 * Math.log10(8), 8);
  });

  it('go from each position of a flattened image to its own inputs', () => {
    const description = chain(
      [2, 2, 1],
      ['a', 'Conv2D', { filters: 2, kernelSize: [1, 1] }],
      ['f', 'Flatten', {}],
      ['b', 'Dense', { units: 1 }],
      ['c', 'Dense', { units: 2 }],
    );
    // Channel 0 is cut off; the dense layer keeps two positions of channel 1 and one of channel 0.
    const masks = new Map([
      ['a/kernel', Uint8Array.of(0, 1)],
      ['b/kernel', Uint8Array.of(1, 1, 0, 1, 0, 0, 0, 0)],
    ]);
    const { total, throughWeight } = countPaths(createNetwork(description), masks);
    expect(10 ** total!).toBeCloseTo(4, 9);
    expect(10 ** throughWeight.get('b/kernel')!).toBeCloseTo(4, 9);
  });

  it('are in the report, none where a layer has collapsed', async () => {
    const description = chain([3], ['a', 'Dense', { units: 4 }], ['b', 'Dense', { units: 2 }]);
    const network = createNetwork(description);
    const full = new Map([
      ['a/kernel', new Uint8Array(12).fill(1)],
      ['b/kernel', Uint8Array.of(1, 1, 0, 0, 0, 1, 0, 0)],
    ]);
    const report = await reportSparsity(createReferenceExecutor(), network, full);
    expect(10 ** report.log10Paths!).toBeCloseTo(9, 9);
    expect(report.layers.map(({ nodes, effectiveNodes }) => [nodes, effectiveNodes])).toEqual([
      [4, 2],
      [2, 2],
    ]);
    const dead = new Map([...full, ['a/kernel', new Uint8Array(12)]]);
    const collapsed = await reportSparsity(createReferenceExecutor(), network, dead);
    expect(collapsed.log10Paths).toBeNull();
    expect(collapsed.layers.map(({ effectiveNodes, log10Paths }) => [effectiveNodes, log10Paths])).toEqual([
      [0, null],
      [0, null],
    ]);
  });
});
