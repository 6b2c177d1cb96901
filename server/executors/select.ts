/** Which backends there are, and opening one. */
import { UserError, usageError } from '../protocol/errors';
import { selfTest } from './selfTest';
import type { Availability, BackendName, Executor } from './types';

/** One way to run programs: how to see whether it works here, and how to open it. Loaded only when looked at. */
interface Backend {
  readonly name: BackendName;
  readonly title: string;
  probe(): Promise<Availability>;
  open(): Promise<Executor>;
}

function onnx(name: 'cuda' | 'directml' | 'coreml' | 'webgpu' | 'cpu', title: string): Backend {
  return {
    name,
    title,
    probe: async () => (await import('./onnx')).probeOnnx(name),
    open: async () => (await import('./onnx')).createOnnxExecutor({ provider: name }),
  };
}

/** In the order `auto` prefers them; a backend imitated in software, and the reference, only serve by name. */
const backends: readonly Backend[] = [
  {
    name: 'tensorflow',
    title: 'TensorFlow (tfjs-node-gpu)',
    probe: async () => (await import('./tfjs')).probeTensorflow(),
    open: async () => (await import('./tfjs')).createTensorflowExecutor(),
  },
  onnx('cuda', 'ONNX Runtime, CUDA'),
  onnx('directml', 'ONNX Runtime, DirectML'),
  onnx('coreml', 'ONNX Runtime, Core ML'),
  onnx('webgpu', 'ONNX Runtime, WebGPU'),
  onnx('cpu', 'ONNX Runtime, CPU'),
  {
    name: 'reference',
    title: 'Reference (float64, slow)',
    probe: async () => ({ available: true, device: 'float64 interpreter', software: true }),
    open: async () => (await import('./reference')).createReferenceExecutor(),
  },
];

/** Every name `--backend` accepts. */
export const backendNames: readonly (BackendName | 'auto')[] = ['auto', ...backends.map(({ name }) => name)];

export interface BackendStatus {
  readonly name: BackendName;
  readonly title: string;
  readonly availability: Availability;
}

/** What is found of each backend, in the order of preference. */
export async function listBackends(): Promise<readonly BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const { name, title, probe } of backends) statuses.push({ name, title, availability: await probe() });
  return statuses;
}

/**
 * Opens a backend by name, or with `auto` the first one that is on a real device and passes its self-test.
 * @param onNote told, in one sentence each, why `auto` passed over a backend that is installed.
 * @throws a usage error for an unknown name; a UserError saying why where the backend cannot be used.
 */
export async function openExecutor(
  name: BackendName | 'auto',
  onNote: (message: string) => void = () => {},
): Promise<Executor> {
  if (name === 'auto') return openFastest(onNote);
  const backend = backends.find((candidate) => candidate.name === name);
  if (!backend) throw usageError(`there is no backend "${name}"`, `Known backends: ${backendNames.join(', ')}.`);
  const availability = await backend.probe();
  if (!availability.available) throw new UserError(`the backend ${name} cannot be used: ${availability.reason}`);
  return backend.open();
}

async function openFastest(onNote: (message: string) => void): Promise<Executor> {
  for (const { name, probe, open } of backends) {
    const availability = await probe();
    if (!availability.available || availability.software) continue;
    try {
      const executor = await open();
      const problem = await selfTest(executor);
      if (!problem) return executor;
      await executor.dispose();
      onNote(`the backend ${name} is passed over: ${problem}.`);
    } catch (error) {
      onNote(`the backend ${name} is passed over: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UserError('no backend works on this machine', { hint: 'See what was found with: prunelens backends' });
}
