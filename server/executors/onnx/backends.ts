/** A backend for each execution provider of ONNX Runtime. */
import { packageVersion } from '../../files/packages';
import type { Backend } from '../types';
import type { OnnxProvider } from './session';

function onnxBackend(provider: OnnxProvider, title: string, description: string): Backend {
  return {
    name: provider,
    title: `ONNX Runtime, ${title}`,
    description,
    identity: () => packageVersion('onnxruntime-node'),
    probe: async () => (await import('.')).probeOnnx(provider),
    open: async () => (await import('.')).createOnnxExecutor({ provider }),
  };
}

export const cudaBackend: Backend = {
  ...onnxBackend('cuda', 'CUDA', 'ONNX Runtime with CUDA (NVIDIA, Linux and Windows).'),
  usesCuda: true,
};

export const directmlBackend = onnxBackend('directml', 'DirectML', 'ONNX Runtime with DirectML (Windows).');

export const coremlBackend = onnxBackend('coreml', 'Core ML', 'ONNX Runtime with Core ML (macOS).');

export const webgpuBackend = onnxBackend(
  'webgpu',
  'WebGPU',
  'ONNX Runtime with WebGPU (Vulkan, Metal or Direct3D 12).',
);

export const cpuBackend = onnxBackend('cpu', 'CPU', 'ONNX Runtime on the CPU.');
