/** Four dense layers drawn as He et al. (2015) do: one of the models that the shipped predictor learned from. */
import * as tf from '@tensorflow/tfjs';

const HIDDEN_UNITS = [128, 128, 64];

export default function mlp4(): tf.LayersModel {
  const model = tf.sequential({ name: 'mlp-4' });
  model.add(tf.layers.flatten({ name: 'flatten', inputShape: [28, 28, 1] }));
  HIDDEN_UNITS.forEach((units, index) => {
    const name = `fc${index + 1}`;
    model.add(tf.layers.dense({ name, units, activation: 'relu', kernelInitializer: 'heNormal' }));
  });
  model.add(tf.layers.dense({ name: 'logits', units: 10 }));
  return model;
}
