import type { Backend } from '../types';

export const torchBackend: Backend = {
  name: 'torch',
  title: 'PyTorch',
  description: "The user's own PyTorch, on its GPU (CUDA, ROCm, MPS, XPU) or on the CPU.",
  usesCuda: true,
  usesPython: true,
  byNameOnly: true,
  probe: async (use) => (await import('.')).probeTorch(use),
  open: async (use) => (await import('.')).openTorch(use),
};
