/** Values of weights that belong to layers inside others: set by code, saved by tfjs, and written by this product. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { loadNetwork, writeModel } from '../../../../server/frontends';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { findChannels } from '../../../../server/pruning/structured/channels';
import { shrinkNetwork } from '../../../../server/pruning/structured/shrink';
import { randomWeights } from '../../../support/channels';
import { fixture, layerOf, load, temporaryFolder } from '../../../support/models';
import { chain, randomValues, relativeError, runNetwork } from '../../../support/networks';

it('are those that code has set, and drawn where it has not', async () => {
  const description = await load(fixture('inner-weights.ts'));
  expect(layerOf(description, 'drawn').weights).toBeUndefined();
  const network = createNetwork(description);
  const firsts = network.parameters.map(({ name, initialize }) => [name, initialize(1)[0]]);
  expect(Object.fromEntries(firsts)).toMatchObject({
    'both/forward_gru/gru_cell/kernel': 1,
    'both/forward_gru/gru_cell/recurrent_kernel': 2,
    'both/backward_gru/gru_cell/bias': 6,
    'each/out/kernel': 1,
    'each/out/bias': 2,
    'memory/lstm_cell/kernel': 1,
    'memory/lstm_cell/recurrent_kernel': 2,
    'memory/lstm_cell/bias': 3,
  });
  // The forget gate's bias is ones, the others zeros, as an initializer of the engine has them.
  const bias = network.parameters.find(({ name }) => name === 'drawn/lstm_cell/bias')!;
  expect([...bias.initialize(1)]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
});

it('are read from what TensorFlow.js has saved', async () => {
  await tf.setBackend('cpu');
  const model = tf.sequential({
    layers: [
      tf.layers.lstm({ name: 'a', units: 3, returnSequences: true, inputShape: [4, 2] }),
      tf.layers.bidirectional({
        name: 'both',
        layer: tf.layers.simpleRNN({ name: 'rnn', units: 3, returnSequences: true }) as tf.RNN,
        mergeMode: 'concat',
      }),
      tf.layers.timeDistributed({ name: 'each', layer: tf.layers.dense({ name: 'out', units: 5 }) }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ name: 'last', units: 2 }),
    ],
  });
  const saved: { [file: string]: string | Uint8Array } = {};
  await model.save({
    async save({ modelTopology, weightSpecs, weightData }) {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      saved['model.json'] = JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest });
      saved['weights.bin'] = new Uint8Array(weightData as ArrayBuffer);
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  const network = await loadNetwork(join(temporaryFolder(saved), 'model.json'), { trusted: true });
  const x = randomValues([3, 4, 2], 5);
  const predicted = model.predict(tf.tensor(x.data as Float32Array, [3, 4, 2])) as tf.Tensor;
  expect(relativeError(runNetwork(network, x, 'evaluate').logits.data, predicted.dataSync())).toBeLessThan(1e-5);
});

it('are read back from a smaller model', async () => {
  const network = createNetwork(
    chain(
      [4, 2],
      ['memory', 'LSTM', { units: 3 }],
      ['hidden', 'Dense', { units: 6, activation: 'relu' }],
      ['last', 'Dense', { units: 2 }],
    ),
  );
  const structure = findChannels(network);
  const keep = new Uint8Array(structure.entries).map((_, entry) => entry % 2);
  const { network: smaller } = shrinkNetwork(structure, keep, randomWeights(network, 3));
  const reread = await loadNetwork(await writeModel(join(temporaryFolder({}), 'small'), smaller), { trusted: true });
  const x = randomValues([3, 4, 2], 6);
  expect(runNetwork(reread, x, 'evaluate').logits).toEqual(runNetwork(smaller, x, 'evaluate').logits);
});
