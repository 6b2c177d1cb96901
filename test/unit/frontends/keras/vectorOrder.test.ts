/** The order of a dense layer's inputs in PyTorch, however the flattened image reaches it. */
import { describe, expect, it } from 'vitest';
import type { LayerDescription, ModelDescription } from '../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { pytorchTensor } from '../../../../server/frontends/keras/pytorch';
import { fromStored, toStored } from '../../../../server/models/stored';
import { failureOf } from '../../../support/models';
import { chain, FILE, type LayerRow } from '../../../support/networks';

const conv: LayerRow = ['c1', 'Conv2D', { filters: 6, kernelSize: 3, padding: 'same' }];
const flat: LayerRow = ['flat', 'Flatten', {}];
const fc: LayerRow = ['fc', 'Dense', { units: 7 }];

/** Kernel [384 + more, 7] whose elements tell their place, as PyTorch has it: [out, in]. */
function inPytorch(description: ModelDescription) {
  const network = createNetwork(description);
  const parameter = network.parameters.find(({ name }) => name.endsWith('fc/kernel'))!;
  const [inputs, units] = parameter.shape;
  const values = Float32Array.from({ length: inputs * units }, (_, i) => i);
  const stored = pytorchTensor(network, parameter);
  const there = toStored(values, stored);
  expect(fromStored(there, stored)).toEqual(values);
  expect(stored.shape).toEqual([units, inputs]);
  // The inputs of the first unit: which row of the kernel each is.
  return Array.from(there.subarray(0, inputs), (value) => value / units);
}

/** Rows of an image of 8 x 8 and 6 channels, channels first. */
const channelsFirst = Array.from({ length: 384 }, (_, i) => (i % 64) * 6 + Math.floor(i / 64));

const nested = (name: string, description: ModelDescription): LayerRow => [name, 'Functional', {}, description];

describe('a flattened image reaches a dense layer', () => {
  it.each<[string, ModelDescription]>([
    ['at once', chain([8, 8, 3], conv, flat, fc)],
    ['out of a model', chain([8, 8, 3], nested('features', chain([8, 8, 3], conv, flat)), fc)],
    ['in a model', chain([8, 8, 3], conv, nested('head', chain([8, 8, 6], flat, fc)))],
    ['by a reshape', chain([8, 8, 3], conv, ['r', 'Reshape', { targetShape: [384] }], fc)],
    [
      'through layer normalization and dropout',
      chain([8, 8, 3], conv, flat, ['n', 'LayerNormalization', {}], ['d', 'Dropout', { rate: 0.5 }], fc),
    ],
  ])('%s', (_, description) => {
    expect(inPytorch(description)).toEqual(channelsFirst);
  });

  it('beside other values', () => {
    const at = (layer: string, call = 0) => ({ layer, call, output: 0 });
    const source = [{ file: FILE, line: 1, column: 1 }];
    const layer = (
      name: string,
      className: string,
      config: LayerDescription['config'],
      ...inputs: string[]
    ): LayerDescription => ({
      name,
      className,
      config,
      calls: [inputs.map((one) => at(one))],
      source,
    });
    const description: ModelDescription = {
      name: 'net',
      file: FILE,
      layers: [
        layer('input', 'InputLayer', { batchInputShape: [null, 8, 8, 3] }),
        layer('c1', 'Conv2D', { filters: 6, kernelSize: 3, padding: 'same' }, 'input'),
        layer('flat', 'Flatten', {}, 'c1'),
        layer('pool', 'GlobalAveragePooling2D', {}, 'c1'),
        layer('both', 'Concatenate', {}, 'pool', 'flat'),
        layer('fc', 'Dense', { units: 7 }, 'both'),
      ],
      inputs: [at('input')],
      outputs: [at('fc')],
    };
    expect(inPytorch(description)).toEqual([0, 1, 2, 3, 4, 5, ...channelsFirst.map((row) => row + 6)]);
  });

  it('and is refused where the order cannot be told', async () => {
    const description = chain([8, 8, 3], conv, ['r', 'Reshape', { targetShape: [4, 4, 24] }], flat, fc);
    expect((await failureOf(() => inPytorch(description))).message).toContain(
      'In which order PyTorch has the inputs of "r"',
    );
  });
});
