/** LeNet-5 (LeCun et al., 1998), with rectifiers and max pooling: one of the models that the shipped predictor learned from. */
import * as tf from '@tensorflow/tfjs';

export default function lenet5(): tf.LayersModel {
  const relu = 'relu' as const;
  return tf.sequential({
    name: 'lenet-5',
    layers: [
      tf.layers.conv2d({
        name: 'conv1',
        filters: 6,
        kernelSize: 5,
        padding: 'same',
        activation: relu,
        inputShape: [28, 28, 1],
      }),
      tf.layers.maxPooling2d({ name: 'pool1', poolSize: 2 }),
      tf.layers.conv2d({ name: 'conv2', filters: 16, kernelSize: 5, activation: relu }),
      tf.layers.maxPooling2d({ name: 'pool2', poolSize: 2 }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ name: 'fc1', units: 120, activation: relu }),
      tf.layers.dense({ name: 'fc2', units: 84, activation: relu }),
      tf.layers.dense({ name: 'logits', units: 10 }),
    ],
  });
}
