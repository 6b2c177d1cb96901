/** Whether ONNX Runtime's providers can be used on this machine. */
import { availableParallelism, cpus } from 'node:os';
import type { Availability } from '../types';
import type { OnnxProvider, OnnxRuntime } from './session';

export function deviceName(provider: OnnxProvider, threads = availableParallelism()): string {
  if (provider === 'cpu') return `${cpus()[0]?.model.trim() ?? process.arch}, ${threads} threads`;
  return provider;
}

export async function requireProvider(_runtime: OnnxRuntime, _provider: OnnxProvider): Promise<void> {}

export async function probeOnnx(provider: OnnxProvider): Promise<Availability> {
  return { available: true, device: deviceName(provider) };
}
