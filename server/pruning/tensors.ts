/** Moving parameters and batches to an executor and derivatives back, with nothing left behind. */
import type { DeviceTensor, Executable, Executor } from '../executors/types';
import { inputTensors } from '../models/parameters';
import type { Network } from '../models/types';
import { labelTensor } from '../objectives/labelTensors';
import type { Batch } from '../protocol/data';
import { floatTensor, type HostTensor } from '../protocol/tensor';
import type { Weights } from './types';

/** Tensors on an executor, by name. */
export type DeviceTensors = { readonly [name: string]: DeviceTensor };

/** Copies every parameter of the network to the executor, under its name. */
export function uploadWeights(executor: Executor, network: Network, weights: Weights): DeviceTensors {
  return Object.fromEntries(
    network.parameters.map(({ name, shape }) => [name, executor.upload(floatTensor(shape, weights.get(name)!))]),
  );
}

/** Copies a batch to the executor as the inputs of its examples and `y`. */
export function uploadBatch(executor: Executor, network: Network, batch: Batch): DeviceTensors {
  const { y, size } = batch;
  return uploadTensors(executor, { ...inputTensors(network, batch), y: labelTensor(network.labels, size, y) });
}

/** Copies tensors to the executor, under their names. */
export function uploadTensors(executor: Executor, tensors: { readonly [name: string]: HostTensor }): DeviceTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, executor.upload(tensor)]));
}

export function disposeAll(tensors: DeviceTensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/** Runs a program with those of the given tensors it asks for; the others are not its inputs. */
export function runWith(
  executable: Executable,
  ...groups: readonly DeviceTensors[]
): Promise<{ [name: string]: DeviceTensor }> {
  const available: DeviceTensors = Object.assign({}, ...groups);
  const names = executable.program.inputs.map(({ attributes: { name } }) => name);
  return executable.run(Object.fromEntries(names.map((name) => [name, available[name]])));
}

/** Copies tensors back to host memory. */
export async function readValues(tensors: DeviceTensors): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const { data } = await tensor.read();
    values.set(name, data instanceof Float32Array ? data : Float32Array.from(data));
  }
  return values;
}

/** Reads tensors back and disposes them. */
export async function readAll(tensors: DeviceTensors): Promise<Map<string, Float32Array>> {
  try {
    return await readValues(tensors);
  } finally {
    disposeAll(tensors);
  }
}

/** Tensors whose names begin with `prefix`, under their full names. */
export function withPrefix(tensors: DeviceTensors, prefix: string): DeviceTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix)));
}

/** Keeps track of tensors whose life does not follow the shape of the code, so that none outlives an error. */
export interface Arena {
  own<T extends DeviceTensors>(tensors: T): T;
  /** Disposes tensors before the rest. */
  release(tensors: DeviceTensors): void;
  /** Disposes everything still owned. */
  dispose(): void;
}

export function createArena(): Arena {
  const owned = new Set<DeviceTensor>();
  const release = (tensors: Iterable<DeviceTensor>) => {
    for (const tensor of tensors) if (owned.delete(tensor)) tensor.dispose();
  };
  return {
    own(tensors) {
      for (const tensor of Object.values(tensors)) owned.add(tensor);
      return tensors;
    },
    release: (tensors) => release(Object.values(tensors)),
    dispose: () => release([...owned]),
  };
}

/** Lets the event loop turn, so that a cancel can arrive, and throws the signal's reason when it has. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
