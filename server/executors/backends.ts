/** Every backend: one line for each. */
import { coremlBackend, cpuBackend, cudaBackend, directmlBackend, webgpuBackend } from './onnx/backends';
import { referenceBackend } from './reference/backend';
import { tensorflowBackend } from './tfjs/backend';
import { torchBackend } from './torch/backend';
import type { Backend } from './types';

/**
 * In the order `auto` prefers them where they were not measured. A backend imitated in software and the reference serve by name
 * only, PyTorch where it was measured before.
 */
export const BACKENDS: readonly Backend[] = [
  tensorflowBackend,
  cudaBackend,
  directmlBackend,
  coremlBackend,
  webgpuBackend,
  torchBackend,
  cpuBackend,
  referenceBackend,
];
