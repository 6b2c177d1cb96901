/** A small U-Net (Ronneberger et al. 2015) for 32x32 images of cells: the class of every pixel, in three resolutions. */
import * as tf from '@tensorflow/tfjs';

const FILTERS = [16, 32];
const BOTTLENECK_FILTERS = 64;
/** Background, cell, nucleus. */
const CLASSES = 3;

function apply(x: tf.SymbolicTensor, ...layers: tf.layers.Layer[]): tf.SymbolicTensor {
  return layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
}

/** Convolution, batch normalization, ReLU, twice. */
function doubleConvolution(x: tf.SymbolicTensor, filters: number, name: string): tf.SymbolicTensor {
  const once = (part: string) => [
    tf.layers.conv2d({
      name: `${name}_conv${part}`,
      filters,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: 'heNormal',
    }),
    tf.layers.batchNormalization({ name: `${name}_bn${part}`, momentum: 0.9 }),
    tf.layers.reLU({ name: `${name}_relu${part}` }),
  ];
  return apply(x, ...once('1'), ...once('2'));
}

export default function unet(): tf.LayersModel {
  const input = tf.input({ shape: [32, 32, 1], name: 'image' });
  const skips: tf.SymbolicTensor[] = [];
  let x = input;
  for (const [level, filters] of FILTERS.entries()) {
    x = doubleConvolution(x, filters, `down${level + 1}`);
    skips.push(x);
    x = apply(x, tf.layers.maxPooling2d({ name: `down${level + 1}_pool`, poolSize: 2 }));
  }
  x = doubleConvolution(x, BOTTLENECK_FILTERS, 'bottom');
  for (const [level, filters] of [...FILTERS.entries()].reverse()) {
    const name = `up${level + 1}`;
    x = apply(x, tf.layers.conv2dTranspose({ name: `${name}_resize`, filters, kernelSize: 2, strides: 2 }));
    x = tf.layers.concatenate({ name: `${name}_join` }).apply([skips[level], x]) as tf.SymbolicTensor;
    x = doubleConvolution(x, filters, name);
  }
  const logits = apply(x, tf.layers.conv2d({ name: 'logits', filters: CLASSES, kernelSize: 1 }));
  return tf.model({ name: 'unet', inputs: input, outputs: logits });
}
