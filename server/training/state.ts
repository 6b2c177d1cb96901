/** What training changes: parameters and the optimizer's state, under the names the programs use. */
import type { DeviceTensor, Executor } from '../executors/types';
import type { Network } from '../models/types';
import { usageError } from '../protocol/errors';
import { floatTensor, type HostTensor, sizeOf } from '../protocol/tensor';
import type { Masks, Weights } from '../pruning/types';
import type { Optimizer } from './optimizers';

/** Tensors in host memory by program name, such as `parameter:conv1/kernel` and `momentum:conv1/kernel`. */
export type HostState = ReadonlyMap<string, HostTensor>;

/** The same on the executor. */
export type DeviceState = ReadonlyMap<string, DeviceTensor>;

/** Program name of a parameter's value. */
export const parameterKey = (name: string) => `parameter:${name}`;

/** Program name of an optimizer's slot for a parameter. */
export const slotKey = (slot: string, name: string) => `${slot}:${name}`;

/** Program name of a parameter's mask. */
export const maskKey = (name: string) => `mask:${name}`;

/**
 * The state before the first step: every parameter of the network, masked weights set to zero, and the optimizer's slots
 * at zero. Throws a usageError where a parameter's value is missing or has the wrong length.
 */
export function initialState(network: Network, weights: Weights, masks: Masks, optimizer: Optimizer): HostState {
  const state = new Map<string, HostTensor>();
  for (const { name, shape, trainable } of network.parameters) {
    const values = weights.get(name);
    if (!values) throw usageError(`The weights have no ${name}, which ${network.name} needs.`);
    checkLength('weights', name, values.length, sizeOf(shape));
    const mask = masks.get(name);
    const masked = mask ? values.map((value, i) => (mask[i] === 0 ? 0 : value)) : values;
    state.set(parameterKey(name), floatTensor(shape, masked));
    if (!trainable) continue;
    for (const slot of optimizer.slots) {
      state.set(slotKey(slot, name), floatTensor(shape, new Float32Array(sizeOf(shape))));
    }
  }
  return state;
}

/** Throws a usageError where a mask is for no trainable parameter of the network, or does not fit it. */
export function checkMasks(network: Network, masks: Masks): void {
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  for (const [name, mask] of masks) {
    const parameter = parameters.get(name);
    if (!parameter) throw usageError(`The masks are for ${name}, which ${network.name} does not have.`);
    if (!parameter.trainable) {
      throw usageError(`The masks are for ${name}, which ${network.name} does not train, so that it cannot be pruned.`);
    }
    checkLength('masks', name, mask.length, sizeOf(parameter.shape));
    const wrong = mask.find((value) => value > 1);
    if (wrong !== undefined) throw usageError(`The mask of ${name} holds ${wrong}; masks hold 0 and 1 only.`);
  }
}

function checkLength(what: string, name: string, actual: number, expected: number): void {
  if (actual !== expected) throw usageError(`The ${what} have ${actual} values for ${name}, which has ${expected}.`);
}

/** Masks as the float32 tensors that programs multiply by, by program name. */
export function maskTensors(network: Network, masks: Masks): HostState {
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  return new Map(
    Array.from(masks, ([name, mask]) => [maskKey(name), floatTensor(shapes.get(name)!, Float32Array.from(mask))]),
  );
}

/** Copies a state to the executor; the result must be disposed with `disposeState`. */
export function uploadState(executor: Pick<Executor, 'upload'>, state: HostState): DeviceState {
  return new Map(Array.from(state, ([name, tensor]) => [name, executor.upload(tensor)]));
}

/** Copies a state from the executor. */
export async function readState(state: DeviceState): Promise<HostState> {
  const host = new Map<string, HostTensor>();
  for (const [name, tensor] of state) host.set(name, await tensor.read());
  return host;
}

export function disposeState(state: DeviceState): void {
  for (const tensor of state.values()) tensor.dispose();
}

/** The parameters' values in a state, by parameter name, as float32. */
export function weightsOf(network: Network, state: HostState): Weights {
  return new Map(network.parameters.map(({ name }) => [name, Float32Array.from(state.get(parameterKey(name))!.data)]));
}
