/** Fingerprints are kept in data sets of AutoS and in folders of comparisons, so that they must stay what they are. */
import { expect, it } from 'vitest';
import { loadNetwork } from '../../../server/frontends';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { fingerprint as fingerprintOf } from '../../../server/frontends/keras/network/fingerprint';
import { fixture, load, sample } from '../../support/models';

it.each([
  [sample('keras-convnet.json'), '6743bcddbd63'],
  [fixture('keras3-functional.json'), '3e5c71c795ef'],
])('that of %s is what it always was', async (file, fingerprint) => {
  expect(fingerprintOf(await load(file))).toBe(fingerprint);
});

it('tells topologies and given values apart, and not lines or files', async () => {
  const description = await load(sample('keras-convnet.json'));
  const hash = (change: object) => createNetwork({ ...description, ...change }).fingerprint;
  expect((await loadNetwork(sample('keras-convnet.json'), { trusted: false })).fingerprint).toBe(hash({}));
  const layers = description.layers.map((layer) => ({ ...layer, source: [] }));
  expect(hash({ layers, file: '/elsewhere.json' })).toBe(hash({}));
  expect(
    hash({
      layers: description.layers.map((layer, i) =>
        i === 1 ? { ...layer, config: { ...layer.config, trainable: false } } : layer,
      ),
    }),
  ).not.toBe(hash({}));
  const { parameters } = createNetwork(description);
  const bias = parameters.find(({ role }) => role === 'bias')!;
  const given = (value: number) => ({
    layers: description.layers.map((layer) =>
      layer.name === bias.layer
        ? { ...layer, weights: { bias: { shape: bias.shape, data: new Float32Array(bias.shape[0]).fill(value) } } }
        : layer,
    ),
  });
  expect(hash(given(1))).not.toBe(hash(given(2)));
  expect(hash(given(1))).not.toBe(hash({}));
});
