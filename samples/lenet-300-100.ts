/** LeNet-300-100 (LeCun et al., 1998): two hidden dense layers on MNIST's 28x28 digits. */
import * as tf from '@tensorflow/tfjs';

const HIDDEN_UNITS = [300, 100];
const CLASSES = 10;

export default function lenet300(): tf.LayersModel {
  const model = tf.sequential({ name: 'lenet-300-100' });
  model.add(tf.layers.flatten({ name: 'flatten', inputShape: [28, 28, 1] }));
  HIDDEN_UNITS.forEach((units, index) => {
    model.add(tf.layers.dense({ name: `fc${index + 1}`, units, activation: 'relu' }));
  });
  // The outputs are logits; a softmax at the end would mean the same.
  model.add(tf.layers.dense({ name: 'logits', units: CLASSES }));
  return model;
}
