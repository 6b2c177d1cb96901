import { statSync } from 'node:fs';
import { findInterpreter } from '../../python/find';
import type { Backend } from '../types';

export const torchBackend: Backend = {
  name: 'torch',
  title: 'PyTorch',
  description: "The user's own PyTorch, on its GPU (CUDA, ROCm, MPS, XPU) or on the CPU.",
  usesCuda: true,
  usesPython: true,
  byNameOnly: true,
  identity: ({ interpreter = {}, computing }) => {
    const path = findInterpreter(interpreter)?.path;
    const changed = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return JSON.stringify([path, changed, computing]);
  },
  probe: async (use) => (await import('.')).probeTorch(use),
  open: async (use) => (await import('.')).openTorch(use),
};
