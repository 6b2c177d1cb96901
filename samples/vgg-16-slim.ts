/** VGG-16 as in vgg-16.ts with a quarter of its filters: what a processor without a GPU trains in minutes. */
import * as tf from '@tensorflow/tfjs';

/** Filters of the convolutions in each stage; a pooling layer halves the image after each. */
const STAGES = [
  [16, 16],
  [32, 32],
  [64, 64, 64],
  [128, 128, 128],
  [128, 128, 128],
];
const CLASSES = 10;

export default function vgg16Slim(): tf.LayersModel {
  const model = tf.sequential({ name: 'vgg-16-slim' });
  model.add(tf.layers.inputLayer({ name: 'image', inputShape: [32, 32, 3] }));
  for (const [stage, widths] of STAGES.entries()) {
    for (const [index, filters] of widths.entries()) {
      const name = `stage${stage + 1}_${index + 1}`;
      const kernel = { kernelSize: 3, padding: 'same', kernelInitializer: 'heNormal' } as const;
      model.add(tf.layers.conv2d({ name: `${name}_conv`, filters, ...kernel }));
      model.add(tf.layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9 }));
      model.add(tf.layers.reLU({ name: `${name}_relu` }));
    }
    // The last pooling is the global one.
    if (stage < STAGES.length - 1) model.add(tf.layers.maxPooling2d({ name: `stage${stage + 1}_pool`, poolSize: 2 }));
  }
  model.add(tf.layers.globalAveragePooling2d({ name: 'pool' }));
  model.add(tf.layers.dense({ name: 'logits', units: CLASSES }));
  return model;
}
