/** Tells good reviews from bad ones by their words. The texts in data/reviews.npz are made up by data/generate.py. */
import * as tf from '@tensorflow/tfjs';

/** Ids of words; 0 fills short reviews up. */
const WORDS = 55;
const LENGTH = 24;

export default function reviews(): tf.LayersModel {
  return tf.sequential({
    name: 'reviews',
    layers: [
      tf.layers.embedding({ name: 'words', inputDim: WORDS, outputDim: 16, inputLength: LENGTH }),
      tf.layers.conv1d({ name: 'phrases', filters: 32, kernelSize: 5, padding: 'same', activation: 'relu' }),
      tf.layers.globalMaxPooling1d({ name: 'pool' }),
      tf.layers.dense({ name: 'hidden', units: 32, activation: 'relu' }),
      tf.layers.dense({ name: 'opinion', units: 2, activation: 'softmax' }),
    ],
  });
}
