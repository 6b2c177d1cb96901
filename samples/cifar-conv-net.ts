/** A small convolutional network with batch normalization for CIFAR-10: about 98,000 weights, quick even without a GPU. */
import * as tf from '@tensorflow/tfjs';

const FILTERS = [16, 32, 64, 128];
const CLASSES = 10;

export default function cifarConvNet(): tf.LayersModel {
  const input = tf.input({ shape: [32, 32, 3], name: 'image' });
  let x = input;
  for (const [index, filters] of FILTERS.entries()) {
    const name = `block${index + 1}`;
    const layers = [
      // The normalization has an offset, so the convolution needs no bias.
      tf.layers.conv2d({
        name: `${name}_conv`,
        filters,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        kernelInitializer: 'heNormal',
      }),
      tf.layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9 }),
      tf.layers.reLU({ name: `${name}_relu` }),
      tf.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2 }),
    ];
    x = layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
  }
  x = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(x) as tf.SymbolicTensor;
  const logits = tf.layers.dense({ name: 'logits', units: CLASSES }).apply(x) as tf.SymbolicTensor;
  return tf.model({ name: 'cifar-conv-net', inputs: input, outputs: logits });
}
