/** A language model of characters: it says what comes next in the texts of data/sentences.npz, which data/generate.py makes up. */
import * as tf from '@tensorflow/tfjs';

/** Line break, space, full stop, and a to z. */
const CHARACTERS = 29;
const LENGTH = 32;

export default function sentences(): tf.LayersModel {
  return tf.sequential({
    name: 'sentences',
    layers: [
      tf.layers.embedding({ name: 'characters', inputDim: CHARACTERS, outputDim: 16, inputLength: LENGTH }),
      tf.layers.gru({ name: 'memory', units: 64, returnSequences: true }),
      tf.layers.dense({ name: 'next', units: CHARACTERS, activation: 'softmax' }),
    ],
  });
}
