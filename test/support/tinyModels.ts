/** Keras models of a few weights as JSON, which need no loader. */

const sequential = (name: string, layers: readonly object[]) =>
  JSON.stringify({ class_name: 'Sequential', config: { name, layers } });

const layer = (className: string, config: object) => ({ class_name: className, config });

/** Four numbers to three classes. */
export const TINY_CLASSIFIER = sequential('small', [
  layer('Dense', { name: 'hidden', units: 6, activation: 'relu', batch_input_shape: [null, 4] }),
  layer('Dense', { name: 'output', units: 3, activation: 'softmax' }),
]);

/** A class of two for each pixel of 4x4. */
export const TINY_SEGMENTATION = sequential('pixels', [
  layer('Conv2D', {
    ...{ name: 'hidden', filters: 3, kernel_size: [3, 3], padding: 'same', activation: 'relu' },
    batch_input_shape: [null, 4, 4, 1],
  }),
  layer('Conv2D', { name: 'output', filters: 2, kernel_size: [1, 1], activation: 'softmax' }),
]);

/** A file of code whose default export makes a model: 228 prunable weights in `fc1` and `logits`. */
export const TINY_CODE = `import * as tf from '@tensorflow/tfjs';
export default function tiny(): tf.LayersModel {
  const model = tf.sequential({ name: 'tiny' });
  model.add(tf.layers.flatten({ inputShape: [4, 4, 1] }));
  model.add(tf.layers.dense({ name: 'fc1', units: 12, activation: 'relu' }));
  model.add(tf.layers.dense({ name: 'logits', units: 3 }));
  return model;
}
`;
