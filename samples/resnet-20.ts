/**
 * ResNet-20 for CIFAR-10 (He et al., 2016, section 4.2): three stages of three residual blocks with 16, 32 and 64
 * filters. Where a stage halves the image, a 1x1 convolution brings the shortcut to the new shape.
 */
import * as tf from '@tensorflow/tfjs';

const STAGE_FILTERS = [16, 32, 64];
const BLOCKS_PER_STAGE = 3;
const CLASSES = 10;

interface Convolution {
  filters: number;
  kernelSize: number;
  strides: number;
}

function relu(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return tf.layers.reLU({ name }).apply(x) as tf.SymbolicTensor;
}

/** A convolution without bias, followed by batch normalization. */
function convolution(x: tf.SymbolicTensor, name: string, options: Convolution): tf.SymbolicTensor {
  const y = tf.layers
    .conv2d({ name: `${name}_conv`, ...options, padding: 'same', useBias: false, kernelInitializer: 'heNormal' })
    .apply(x) as tf.SymbolicTensor;
  return tf.layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9 }).apply(y) as tf.SymbolicTensor;
}

function residualBlock(x: tf.SymbolicTensor, name: string, filters: number, strides: number): tf.SymbolicTensor {
  let y = convolution(x, `${name}_a`, { filters, kernelSize: 3, strides });
  y = relu(y, `${name}_a_relu`);
  y = convolution(y, `${name}_b`, { filters, kernelSize: 3, strides: 1 });
  const shortcut = strides === 1 ? x : convolution(x, `${name}_shortcut`, { filters, kernelSize: 1, strides });
  const sum = tf.layers.add({ name: `${name}_add` }).apply([y, shortcut]) as tf.SymbolicTensor;
  return relu(sum, `${name}_relu`);
}

export default function resnet20(): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3], name: 'image' });
  let x = convolution(image, 'stem', { filters: STAGE_FILTERS[0], kernelSize: 3, strides: 1 });
  x = relu(x, 'stem_relu');
  for (const [stage, filters] of STAGE_FILTERS.entries()) {
    for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      x = residualBlock(x, `stage${stage + 1}_block${block + 1}`, filters, strides);
    }
  }
  x = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(x) as tf.SymbolicTensor;
  const logits = tf.layers.dense({ name: 'logits', units: CLASSES }).apply(x) as tf.SymbolicTensor;
  return tf.model({ name: 'resnet-20', inputs: image, outputs: logits });
}
