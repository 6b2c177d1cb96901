/** Whether ONNX Runtime's providers can be used on this machine. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { processorName } from '../processor';
import type { Availability } from '../types';
import { deviceOfDrivers, hasChosenDriver, hasDeviceNode } from './graphicsDevice';
import { loadRuntime, type OnnxProvider, runtimeName } from './session';
import { tryProvider } from './trialRun';

const unavailable = (reason: string): Availability => ({ available: false, reason });

/** Whether a provider works here, tried by a small computation; where it does not, why and how to get it. */
export async function probeOnnx(provider: OnnxProvider): Promise<Availability> {
  try {
    await loadRuntime();
  } catch (error) {
    return unavailable(`${error instanceof Error ? error.message : String(error)}.`);
  }
  return probes[provider]();
}

const probes: { readonly [K in OnnxProvider]: () => Promise<Availability> } = {
  cpu: async () => ({ available: true, device: processorName() }),
  webgpu: probeWebgpu,
  cuda: probeCuda,
  directml: () => probeOn('win32', 'directml', 'DirectML is part of Windows only', 'Direct3D 12 GPU'),
  coreml: () => probeOn('darwin', 'coreml', 'Core ML is part of macOS only', 'Apple GPU and Neural Engine'),
};

const WEBGPU_NAMES: { readonly [platform: string]: string } = { darwin: 'Metal GPU', win32: 'Direct3D 12 GPU' };

async function probeWebgpu(): Promise<Availability> {
  const isLinux = process.platform === 'linux';
  if (isLinux && !hasDeviceNode() && !hasChosenDriver()) {
    return unavailable(
      'no GPU is visible on this machine (there is neither /dev/dri/renderD* nor /dev/nvidia0); with one, a Vulkan driver is needed.',
    );
  }
  const { error, libraries } = await tryProvider(runtimeName('webgpu'));
  if (error !== undefined) {
    const advice = isLinux ? 'install a Vulkan driver for your GPU' : "update your GPU's driver";
    return unavailable(`WebGPU found no usable adapter (${brief(error)}); ${advice}.`);
  }
  const name = WEBGPU_NAMES[process.platform];
  if (name) return { available: true, device: `${name}, WebGPU` };
  const device = deviceOfDrivers(libraries, hasDeviceNode());
  return { available: true, device: `${device.name}, WebGPU`, ...(device.software ? { software: true } : {}) };
}

async function probeCuda(): Promise<Availability> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return unavailable("ONNX Runtime's CUDA provider for Node exists for Linux on x64 only.");
  }
  const folder = join(dirname(createRequire(__filename).resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6');
  if (!existsSync(join(folder, 'linux', 'x64', 'libonnxruntime_providers_cuda.so'))) {
    return unavailable(
      "ONNX Runtime's CUDA provider is not installed; get it with " +
        '`npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12` (CUDA 12 and cuDNN 9 are needed beside it).',
    );
  }
  const { error } = await tryProvider(runtimeName('cuda'));
  return error === undefined
    ? { available: true, device: `${deviceOfDrivers(['libnvidia'], true).name}, CUDA` }
    : unavailable(`CUDA does not work here (${brief(error)}); it needs an NVIDIA driver, CUDA 12 and cuDNN 9.`);
}

async function probeOn(
  platform: string,
  provider: OnnxProvider,
  elsewhere: string,
  device: string,
): Promise<Availability> {
  if (process.platform !== platform) return unavailable(`${elsewhere}.`);
  const { error } = await tryProvider(runtimeName(provider));
  return error === undefined ? { available: true, device } : unavailable(`it does not work here (${brief(error)}).`);
}

/** The last clause of ONNX Runtime's messages, which begin with its own source files. */
function brief(message: string): string {
  const text = message.trim().replaceAll(/\s+/g, ' ');
  return (/ was false\. (.+)$/.exec(text)?.[1] ?? text).slice(0, 200).replace(/\.$/, '');
}
