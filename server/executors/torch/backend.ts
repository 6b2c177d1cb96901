import type { Backend } from '../types';

export const torchBackend: Backend = {
  name: 'torch',
  title: 'PyTorch',
  description: "The user's own PyTorch, on its GPU (CUDA, ROCm, MPS, XPU) or on the CPU.",
  usesCuda: true,
  byNameOnly: true,
  probe: async (opening) => (await import('.')).probeTorch(opening),
  open: async (opening) => (await import('.')).openTorch(opening),
};
