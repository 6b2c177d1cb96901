/** Models in models, shared layers, names, and which activation ends a model. */
import { describe, expect, it } from 'vitest';
import type { LayerDescription, ModelDescription } from '../../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import { chain, randomValues, relativeError, runNetwork } from '../../../../support/networks';

const names = (description: ModelDescription) => createNetwork(description).parameters.map(({ name }) => name);

const dense = (units: number, activation = 'linear') => ({ units, activation, useBias: false });

describe('names', () => {
  it('are the layers own where they are unique, else paths', () => {
    const block = chain([4], ['fc', 'Dense', dense(4)], ['inner', 'Dense', dense(4)]);
    const outer = chain([4], ['deep', 'Functional', {}, block]);
    const model = chain([4], ['fc', 'Dense', dense(4)], ['block', 'Sequential', {}, outer], ['out', 'Dense', dense(3)]);
    expect(names(model)).toEqual(['fc/kernel', 'block/deep/fc/kernel', 'inner/kernel', 'out/kernel']);
  });
});

describe('shared layers and models', () => {
  /** block(block(x)) and then a dense layer. */
  const block = chain([4], ['fc', 'Dense', dense(4, 'relu')]);
  const description = chain([4], ['block', 'Functional', {}, block], ['out', 'Dense', dense(3)]);
  const layers = description.layers.map((layer): LayerDescription => {
    if (layer.name === 'block') {
      return { ...layer, calls: [...layer.calls, [{ layer: 'block', call: 0, output: 0 }]] };
    }
    return layer.name === 'out' ? { ...layer, calls: [[{ layer: 'block', call: 1, output: 0 }]] } : layer;
  });
  const shared = createNetwork({ ...description, layers });
  const apart = createNetwork(
    chain([4], ['one', 'Dense', dense(4, 'relu')], ['two', 'Dense', dense(4, 'relu')], ['out', 'Dense', dense(3)]),
  );

  it('use one set of parameters', () => {
    expect(shared.parameters.map(({ name }) => name)).toEqual(['fc/kernel', 'out/kernel']);
    const x = randomValues([5, 4]);
    const kernel = randomValues([4, 4], 2);
    const last = randomValues([4, 3], 3);
    const expected = runNetwork(apart, x, 'train', { 'one/kernel': kernel, 'two/kernel': kernel, 'out/kernel': last });
    const { logits } = runNetwork(shared, x, 'train', { 'fc/kernel': kernel, 'out/kernel': last });
    expect(relativeError(logits.data, expected.logits.data)).toBeLessThan(1e-12);
  });

  it('cost what all their calls cost', () => {
    expect(shared.layers.find(({ name }) => name === 'fc')!.macs).toBe(32);
  });

  it('must get the shape their input declares', () => {
    const wrong = chain([6], ['block', 'Functional', {}, block]);
    expect(() => createNetwork(wrong)).toThrow(/Layer 'block\/input' \(InputLayer\): it declares the shape \[4\]/);
  });

  it('leave out what no output needs', () => {
    const unused = { ...description, outputs: [{ layer: 'block', call: 0, output: 0 }] };
    const inner = chain([4], ['fc', 'Dense', dense(4)]);
    const replaced = unused.layers.map((layer) => (layer.model ? { ...layer, model: inner } : layer));
    expect(names({ ...unused, layers: replaced })).toEqual(['fc/kernel']);
  });
});

describe('frozen layers', () => {
  it('are neither trained nor pruned, alone or with their model', () => {
    const block = chain([4], ['fc', 'Dense', { units: 4 }]);
    const network = createNetwork(
      chain(
        [4],
        ['one', 'Dense', { units: 4, trainable: false }],
        ['block', 'Functional', { trainable: false }, block],
        ['out', 'Dense', { units: 3 }],
      ),
    );
    const rows = network.parameters.map(({ name, trainable, prunable }) => [name, trainable, prunable]);
    expect(rows).toEqual([
      ['one/kernel', false, false],
      ['one/bias', false, false],
      ['fc/kernel', false, false],
      ['fc/bias', false, false],
      ['out/kernel', true, true],
      ['out/bias', true, false],
    ]);
  });
});

describe('a final softmax is left out', () => {
  const plain = createNetwork(chain([4], ['out', 'Dense', dense(3)]));
  const kernel = { 'out/kernel': randomValues([4, 3]) };
  const x = randomValues([5, 4], 7);
  const expected = runNetwork(plain, x, 'evaluate', kernel).logits.data;
  const inner = chain([4], ['out', 'Dense', dense(3, 'softmax')]);

  it.each([
    ['as activation', chain([4], ['out', 'Dense', dense(3, 'softmax')])],
    ['as log-softmax', chain([4], ['out', 'Dense', dense(3, 'logSoftmax')])],
    ['as Activation', chain([4], ['out', 'Dense', dense(3)], ['end', 'Activation', { activation: 'softmax' }])],
    ['as Softmax', chain([4], ['out', 'Dense', dense(3)], ['end', 'Softmax', { axis: 1 }])],
    ['in a nested model', chain([4], ['net', 'Functional', {}, inner])],
    ['before reshaping', chain([4], ['out', 'Dense', dense(3, 'softmax')], ['flat', 'Flatten'])],
    [
      'before a linear activation',
      chain([4], ['net', 'Functional', {}, inner], ['end', 'Activation', { activation: 'linear' }]),
    ],
  ])('%s', (_name, description) => {
    const { logits } = runNetwork(createNetwork(description), x, 'evaluate', kernel);
    expect(relativeError(logits.data, expected)).toBeLessThan(1e-12);
  });

  it('but one inside the model stays', () => {
    const network = createNetwork(chain([4], ['in', 'Dense', dense(4, 'softmax')], ['out', 'Dense', dense(3)]));
    const identity = { shape: [4, 4], data: Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)) };
    const sum = { shape: [4, 3], data: new Float64Array(12).fill(1) };
    const { logits } = runNetwork(network, x, 'evaluate', { 'in/kernel': identity, 'out/kernel': sum });
    for (const value of logits.data) expect(value).toBeCloseTo(1, 10);
  });
});
