/** Models written as tfjs layers models, read back by tfjs itself and by this product's own reader. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNetwork, writeModel } from '../../../../server/frontends';
import type { ModelDescription } from '../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { findChannels } from '../../../../server/pruning/structured/channels';
import { shrinkNetwork } from '../../../../server/pruning/structured/shrink';
import { architecture } from '../../../support/architectures';
import { randomKeep, randomWeights } from '../../../support/channels';
import { chain, randomValues, relativeError, runNetwork } from '../../../support/networks';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prunelens-test-'));
  await tf.setBackend('cpu');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Layers that tfjs does not have. */
const MISSING = ['SpatialDropout2D', 'Subtract'];

/** Nor has it grouped convolutions. */
function isKnownToTfjs({ layers }: ModelDescription): boolean {
  return layers.every(({ className, config }) => !MISSING.includes(className) && config.groups === undefined);
}

async function loadInTfjs(path: string): Promise<tf.LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(path, 'utf8'));
  const weights = await readFile(join(path, '..', weightsManifest[0].paths[0]));
  const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length) as ArrayBuffer;
  return tf.loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
  });
}

async function checkRoundTrip(description: ModelDescription, seed: number, inTfjs: boolean): Promise<void> {
  const network = createNetwork(description);
  const structure = findChannels(network);
  const { network: smaller } = shrinkNetwork(structure, randomKeep(structure, seed), randomWeights(network, seed));
  const x = randomValues([3, ...network.inputs[0].shape], seed);
  const { logits } = runNetwork(smaller, x, 'evaluate');

  const path = await writeModel(join(folder, 'model'), smaller);
  const reread = await loadNetwork(path, { trusted: true });
  expect(runNetwork(reread, x, 'evaluate').logits).toEqual(logits);
  if (!inTfjs) return;
  const model = await loadInTfjs(path);
  const predicted = model.predict(tf.tensor(x.data as Float32Array, [...x.shape])) as tf.Tensor;
  expect(predicted.shape).toEqual(logits.shape);
  expect(relativeError(predicted.dataSync(), logits.data)).toBeLessThan(1e-5);
}

describe('a shrunk model written to a folder', () => {
  it('is read back as it was, by tfjs too, on random architectures', async () => {
    const property = fc.asyncProperty(architecture, fc.integer({ min: 0, max: 1e6 }), (description, seed) =>
      checkRoundTrip(description, seed, isKnownToTfjs(description)),
    );
    await fc.assert(property, { numRuns: 40 });
  });

  it('has nothing that Keras 2 or tfjs refuse', async () => {
    const kernelInitializer = { className: 'GlorotUniform', config: { seed: null, inputAxes: null, outputAxes: null } };
    const description = chain(
      [8, 8, 3],
      ['c1', 'Conv2D', { filters: 8, kernelSize: 3, kernelInitializer, quantizationConfig: null }],
      ['pool', 'GlobalAveragePooling2D', { keepdims: true }],
      ['preds', 'Conv2D', { filters: 10, kernelSize: 1 }],
      ['out', 'Reshape', { targetShape: [10] }],
    );
    await checkRoundTrip(description, 3, true);
    const text = await readFile(join(folder, 'model', 'model.json'), 'utf8');
    for (const key of ['input_axes', 'output_axes', 'quantization_config', 'keepdims']) expect(text).not.toContain(key);
  });

  it('has the layers of models in it, shared ones with all their calls', async () => {
    const block = chain([6], ['fc', 'Dense', { units: 6, activation: 'relu' }], ['out', 'Dense', { units: 6 }]);
    const outer = chain(
      [6],
      ['fc', 'Dense', { units: 6 }],
      ['block', 'Functional', {}, block],
      ['logits', 'Dense', { units: 3 }],
    );
    const twice = outer.layers.map((layer) => {
      if (layer.name === 'block') {
        return { ...layer, calls: [...layer.calls, [{ layer: 'block', call: 0, output: 0 }]] };
      }
      return layer.name === 'logits' ? { ...layer, calls: [[{ layer: 'block', call: 1, output: 0 }]] } : layer;
    });
    await checkRoundTrip({ ...outer, layers: twice }, 3, true);
  });
});
