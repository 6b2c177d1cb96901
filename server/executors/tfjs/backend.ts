import type { Backend } from '../types';

export const tensorflowBackend: Backend = {
  name: 'tensorflow',
  title: 'TensorFlow (tfjs-node-gpu)',
  description: 'Native TensorFlow, on the GPU where it has CUDA.',
  usesCuda: true,
  probe: async () => (await import('.')).probeTensorflow(),
  open: async () => (await import('.')).createTensorflowExecutor(),
};
