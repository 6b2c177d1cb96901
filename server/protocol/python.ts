/** The user's Python in words. */
import type { PythonDevice, PythonSummary } from './results';

const BYTES_PER_GIB = 2 ** 30;

const PLATFORM_TITLES = { cpu: 'CPU', cuda: 'CUDA', rocm: 'ROCm', mps: 'MPS', xpu: 'XPU' } as const;

/** `cuda:0 (NVIDIA H100, 79 GiB, CUDA)`. */
export function describeDevice({ device, platform, name, memory }: PythonDevice): string {
  if (name === undefined) return device;
  const size = memory === undefined ? [] : [`${Math.round(memory / BYTES_PER_GIB)} GiB`];
  return `${device} (${[name, ...size, PLATFORM_TITLES[platform]].join(', ')})`;
}

/** Which Python it is and what it has, or what is missing. */
export function describePython({ path, origin, version, torch, devices, warning, problem }: PythonSummary): string {
  const from = origin === undefined ? '' : ` (${origin})`;
  if (problem !== undefined) return `Your Python${from}: ${problem}`;
  const warned = warning === undefined ? '' : ` torch warns: ${warning.replace(/\.$/, '')}.`;
  return `Your Python${from}: ${version} at ${path}, torch ${torch}, on ${devices.map(describeDevice).join(', ')}.${warned}`;
}
