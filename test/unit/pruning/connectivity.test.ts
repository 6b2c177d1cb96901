/**
 * Paths from input to output, against an independent definition: with positive weights on the kept places and nothing
 * but positive linear operations, a weight is on a path exactly when the sum of the outputs changes with it.
 */
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
import type { Network } from '../../../server/models/types';
import { sizeOf } from '../../../server/protocol/tensor';
import { connectedMasks, effectiveSparsity } from '../../../server/pruning/connectivity';
import { reportSparsity } from '../../../server/pruning/report';
import type { Masks } from '../../../server/pruning/types';
import { chain } from '../../support/networks';

/** A functional model from rows of name, class, configuration and names of inputs. */
function wire(
  shape: readonly number[],
  rows: readonly (readonly [string, string, LayerConfig, ...string[]])[],
): ModelDescription {
  const { layers, inputs, ...rest } = chain(shape, ['unused', 'Activation', { activation: 'linear' }]);
  const added = rows.map(([name, className, config, ...from]) => ({
    name,
    className,
    config,
    calls: [from.map((layer) => ({ layer, call: 0, output: 0 }))],
    source: [],
  }));
  const last = rows[rows.length - 1][0];
  return { ...rest, inputs, layers: [layers[0], ...added], outputs: [{ layer: last, call: 0, output: 0 }] };
}

const conv = (filters: number, options: LayerConfig = {}): LayerConfig => ({
  filters,
  kernelSize: [3, 3],
  padding: 'same',
  ...options,
});

const models: { readonly [name: string]: ModelDescription } = {
  'dense layers': chain([5], ['a', 'Dense', { units: 6 }], ['b', 'Dense', { units: 4 }], ['c', 'Dense', { units: 3 }]),
  'convolutions, flattened': chain(
    [4, 4, 2],
    ['a', 'Conv2D', conv(3)],
    ['n', 'BatchNormalization', {}],
    ['p', 'AveragePooling2D', { poolSize: [2, 2] }],
    ['b', 'Conv2D', conv(3, { strides: [2, 2] })],
    ['f', 'Flatten', {}],
    ['c', 'Dense', { units: 3 }],
  ),
  'residual and concatenated branches': wire(
    [4, 4, 2],
    [
      ['a', 'Conv2D', conv(3), 'input'],
      ['b', 'Conv2D', conv(3), 'a'],
      ['sum', 'Add', {}, 'a', 'b'],
      ['c', 'DepthwiseConv2D', { kernelSize: [3, 3], padding: 'same', depthMultiplier: 2 }, 'sum'],
      ['d', 'Conv2D', conv(2, { kernelSize: [1, 1] }), 'sum'],
      ['join', 'Concatenate', {}, 'c', 'd'],
      ['g', 'GlobalAveragePooling2D', {}, 'join'],
      ['e', 'Dense', { units: 3 }, 'g'],
    ],
  ),
  'two branches multiplied, transposed convolution': wire(
    [3, 3, 2],
    [
      ['a', 'Conv2DTranspose', { filters: 3, kernelSize: [2, 2], strides: [2, 2] }, 'input'],
      ['b', 'Conv2DTranspose', { filters: 3, kernelSize: [2, 2], strides: [2, 2] }, 'input'],
      ['product', 'Multiply', {}, 'a', 'b'],
      ['g', 'GlobalAveragePooling2D', {}, 'product'],
      ['c', 'Dense', { units: 2 }, 'g'],
    ],
  ),
};

/** On a path: 1 where w * dR/dw is positive for w = mask. Small networks keep the counts far from overflow. */
function byDerivative(network: Network, masks: Masks): Masks {
  const b = createBuilder();
  const parameters = declareParameters(b, network);
  const { logits } = network.apply(b, declareInputs(b, network, 1), parameters, 'evaluate');
  const names = [...masks.keys()];
  const gradients = gradient(
    b,
    b.reduceSum(logits),
    names.map((name) => parameters.get(name)!),
  );
  const program = createProgram('flow', Object.fromEntries(names.map((name, i) => [name, gradients[i]])));
  const values: { [name: string]: Value } = {
    x: { shape: [1, ...network.inputs[0].shape], data: new Float64Array(sizeOf(network.inputs[0].shape)).fill(1) },
  };
  for (const { name, shape, role } of network.parameters) {
    const fill = role === 'gamma' || name.endsWith('moving_variance') ? 1 : 0;
    const mask = masks.get(name);
    values[name] = { shape, data: mask ? Float64Array.from(mask) : new Float64Array(sizeOf(shape)).fill(fill) };
  }
  const flows = interpret(program, values);
  return new Map(
    names.map((name) => [name, Uint8Array.from(flows[name].data, (d, i) => (masks.get(name)![i] * d > 0 ? 1 : 0))]),
  );
}

function prunable(network: Network) {
  return network.parameters.filter((parameter) => parameter.prunable);
}

describe('weights on a path', () => {
  for (const [name, description] of Object.entries(models)) {
    it(`agree with the derivative of the flow: ${name}`, async () => {
      const network = createNetwork(description);
      const sizes = prunable(network).map(({ shape }) => sizeOf(shape));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const bits = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: total, maxLength: total });
      await fc.assert(
        fc.asyncProperty(bits, fc.double({ min: 0.05, max: 0.6, noNaN: true }), async (draws, density) => {
          let position = 0;
          const masks = new Map(
            prunable(network).map((parameter, i) => {
              const part = draws.slice(position, position + sizes[i]);
              position += sizes[i];
              return [parameter.name, Uint8Array.from(part, (draw) => (draw < density ? 1 : 0))];
            }),
          );
          expect(await connectedMasks(createReferenceExecutor(), network, masks)).toEqual(byDerivative(network, masks));
        }),
        { numRuns: 25 },
      );
    });
  }

  it('are none where a layer has collapsed, and the report says which', async () => {
    const network = createNetwork(models['dense layers']);
    const masks = new Map(
      prunable(network).map(({ name, shape }) => [
        name,
        new Uint8Array(sizeOf(shape)).fill(name === 'b/kernel' ? 0 : 1),
      ]),
    );
    const report = await reportSparsity(createReferenceExecutor(), network, masks);
    expect(report.collapsed).toEqual(['b']);
    expect(report.disconnected).toEqual(['a', 'c']);
    expect(report.kept).toBe(5 * 6 + 4 * 3);
    expect(report.connected).toBe(0);
    expect(report.layers.map(({ effectiveSparsity }) => effectiveSparsity)).toEqual([1, 1, 1]);
  });

  it('are all of them in a dense network, but for kernel places that only ever see padding', async () => {
    for (const [name, description] of Object.entries(models)) {
      const network = createNetwork(description);
      const masks = new Map(prunable(network).map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape)).fill(1)]));
      const report = await reportSparsity(createReferenceExecutor(), network, masks);
      // b reads a 2x2 image once with its 3x3 kernel: five of the nine places lie outside.
      const outside = name === 'convolutions, flattened' ? 5 * 3 * 3 : 0;
      expect(report.connected).toBe(report.prunable - outside);
      const fraction = await effectiveSparsity(createReferenceExecutor(), network, masks);
      expect(fraction).toBeCloseTo(outside / report.prunable, 12);
    }
  });
});

describe('attention', () => {
  const features = 4;
  const network = createNetwork(
    wire(
      [3, features],
      [
        ['attention', 'MultiHeadAttention', { numHeads: 1, keyDim: 2 }, 'input', 'input'],
        ['pool', 'GlobalAveragePooling1D', {}, 'attention'],
        ['out', 'Dense', { units: 2 }, 'pool'],
      ],
    ),
  );
  const masksWithout = (...dead: string[]): Masks =>
    new Map(
      network.parameters
        .filter(({ prunable }) => prunable)
        .map(({ name, shape }) => [
          name,
          new Uint8Array(sizeOf(shape)).fill(dead.some((part) => name.includes(part)) ? 0 : 1),
        ]),
    );
  const connected = async (masks: Masks) => {
    const found = await connectedMasks(createReferenceExecutor(), network, masks);
    return [...found].filter(([, mask]) => mask.includes(1)).map(([name]) => name.replace('/kernel', ''));
  };

  it('lets values pass where nothing is left of queries or keys', async () => {
    expect(await connected(masksWithout())).toHaveLength(5);
    const left = ['attention/value', 'attention/attention_output', 'out'];
    expect(await connected(masksWithout('query'))).toEqual(left);
    expect(await connected(masksWithout('key'))).toEqual(left);
  });

  it('leads nowhere where nothing is left of the values', async () => {
    expect(await connected(masksWithout('value'))).toEqual([]);
  });
});
