/** A small convolutional network with batch normalization for MNIST: quick to train, even without a GPU. */
import * as tf from '@tensorflow/tfjs';

const FILTERS = [16, 32, 64];
const CLASSES = 10;

/** Convolution, batch normalization, ReLU. The normalization has an offset, so the convolution needs no bias. */
function convolutionBlock(x: tf.SymbolicTensor, filters: number, name: string): tf.SymbolicTensor {
  const convolution = tf.layers.conv2d({
    name: `${name}_conv`,
    filters,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    kernelInitializer: 'heNormal',
  });
  const normalization = tf.layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9 });
  const activation = tf.layers.reLU({ name: `${name}_relu` });
  return [convolution, normalization, activation].reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
}

export default function convNet(): tf.LayersModel {
  const input = tf.input({ shape: [28, 28, 1], name: 'image' });
  let x = input;
  for (const [index, filters] of FILTERS.entries()) {
    const name = `block${index + 1}`;
    x = convolutionBlock(x, filters, name);
    x = tf.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2 }).apply(x) as tf.SymbolicTensor;
  }
  x = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(x) as tf.SymbolicTensor;
  const logits = tf.layers.dense({ name: 'logits', units: CLASSES }).apply(x) as tf.SymbolicTensor;
  return tf.model({ name: 'conv-net', inputs: input, outputs: logits });
}
