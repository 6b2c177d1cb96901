import type { Backend } from '../types';
import { builtBinding } from './setup/place';

export const tensorflowBackend: Backend = {
  name: 'tensorflow',
  title: 'TensorFlow (tfjs-node-gpu)',
  description: 'Native TensorFlow, on the GPU where it has CUDA.',
  usesCuda: true,
  identity: () => {
    const built = builtBinding();
    return built ? `${built.tensorflow} in ${built.folder}` : 'of node_modules';
  },
  probe: async () => (await import('.')).probeTensorflow(),
  open: async () => (await import('.')).createTensorflowExecutor(),
};
