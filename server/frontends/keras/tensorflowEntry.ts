/**
 * The engine's own copy of TensorFlow.js, bundled into one file (`tfjs.js`) that starts in a fraction of the time the
 * package takes: everything a model definition names, and the plain JavaScript backend instead of the WebGL one.
 */
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';

export { version } from '@tensorflow/tfjs/dist/version';
export * from '@tensorflow/tfjs-converter';
export * from '@tensorflow/tfjs-core';
export * as data from '@tensorflow/tfjs-data';
export * from '@tensorflow/tfjs-layers';
