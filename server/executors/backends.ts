/** Every backend: one line for each. */
import { coremlBackend, cpuBackend, cudaBackend, directmlBackend, webgpuBackend } from './onnx/backends';
import { referenceBackend } from './reference/backend';
import { tensorflowBackend } from './tfjs/backend';
import type { Backend } from './types';

/** In the order `auto` prefers them; a backend imitated in software, and the reference, only serve by name. */
export const BACKENDS: readonly Backend[] = [
  tensorflowBackend,
  cudaBackend,
  directmlBackend,
  coremlBackend,
  webgpuBackend,
  cpuBackend,
  referenceBackend,
];
