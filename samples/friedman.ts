/**
 * A regression: Friedman's function of ten numbers, of which five do not matter, so that pruning can find out which. The data in
 * data/friedman.npz is made by data/generate.py.
 */
import * as tf from '@tensorflow/tfjs';

const INPUTS = 10;

export default function friedman(): tf.LayersModel {
  return tf.sequential({
    name: 'friedman',
    layers: [
      tf.layers.dense({ name: 'hidden1', units: 64, activation: 'relu', inputShape: [INPUTS] }),
      tf.layers.dense({ name: 'hidden2', units: 64, activation: 'relu' }),
      tf.layers.dense({ name: 'value', units: 1 }),
    ],
  });
}
