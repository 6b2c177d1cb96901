/** Every backend, in the order in which `auto` prefers them. How each is opened is in `executors/select.ts`. */
import type { BackendDefinition } from './types';

export const BACKENDS = [
  {
    name: 'tensorflow',
    title: 'TensorFlow (tfjs-node-gpu)',
    description: 'Native TensorFlow, on the GPU where it has CUDA.',
  },
  {
    name: 'cuda',
    title: 'ONNX Runtime, CUDA',
    description: 'ONNX Runtime with CUDA (NVIDIA, Linux and Windows).',
  },
  { name: 'directml', title: 'ONNX Runtime, DirectML', description: 'ONNX Runtime with DirectML (Windows).' },
  { name: 'coreml', title: 'ONNX Runtime, Core ML', description: 'ONNX Runtime with Core ML (macOS).' },
  {
    name: 'webgpu',
    title: 'ONNX Runtime, WebGPU',
    description: 'ONNX Runtime with WebGPU (Vulkan, Metal or Direct3D 12).',
  },
  { name: 'cpu', title: 'ONNX Runtime, CPU', description: 'ONNX Runtime on the CPU.' },
  {
    name: 'reference',
    title: 'Reference (float64, slow)',
    description: 'The slow float64 reference, for checking.',
  },
] as const satisfies readonly BackendDefinition[];

/** Names accepted by `--backend`, besides `auto`. */
export type BackendName = (typeof BACKENDS)[number]['name'];

/** The name that leaves the choice to what is found. */
export const AUTO = 'auto';
