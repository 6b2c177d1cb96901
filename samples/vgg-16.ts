/**
 * VGG-16 with batch normalization for CIFAR-sized images, as pruning papers use it: the convolutions of Simonyan and
 * Zisserman (2015), then global average pooling and one dense layer instead of three.
 */
import * as tf from '@tensorflow/tfjs';

/** Filters of the convolutions in each stage; a pooling layer halves the image after each. */
const STAGES = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];
const CLASSES = 10;

/** Convolution, batch normalization and ReLU, as layers. */
function convolutionLayers(name: string, filters: number, inputShape?: tf.Shape): tf.layers.Layer[] {
  return [
    tf.layers.conv2d({
      name: `${name}_conv`,
      filters,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer: 'heNormal',
      ...(inputShape && { inputShape }),
    }),
    tf.layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9 }),
    tf.layers.reLU({ name: `${name}_relu` }),
  ];
}

export default function vgg16(): tf.LayersModel {
  const model = tf.sequential({ name: 'vgg-16' });
  for (const [stage, widths] of STAGES.entries()) {
    for (const [index, filters] of widths.entries()) {
      const inputShape = stage === 0 && index === 0 ? [32, 32, 3] : undefined;
      const layers = convolutionLayers(`stage${stage + 1}_${index + 1}`, filters, inputShape);
      for (const layer of layers) model.add(layer);
    }
    // The last pooling is the global one.
    if (stage < STAGES.length - 1) model.add(tf.layers.maxPooling2d({ name: `stage${stage + 1}_pool`, poolSize: 2 }));
  }
  model.add(tf.layers.globalAveragePooling2d({ name: 'pool' }));
  model.add(tf.layers.dense({ name: 'logits', units: CLASSES }));
  return model;
}
