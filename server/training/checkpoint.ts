/**
 * The state of a run after an epoch, as one safetensors file: parameters, optimizer state and masks under their program
 * names, and as text what run it is, its epochs so far and a checksum. All chance in training is drawn from the seed and
 * the position (epoch, step), so the position is the random state too.
 */
import { createHash } from 'node:crypto';
import { readSafetensors, writeSafetensors } from '../files/safetensors';
import type { Network } from '../models/types';
import { UserError } from '../protocol/errors';
import { type HostTensor, intTensor, sizeOf } from '../protocol/tensor';
import type { Masks } from '../pruning/types';
import type { FinishedEpoch, RunIdentity } from '../runs/types';
import type { Optimizer } from './optimizers';
import { type HostState, maskKey, parameterKey, slotKey } from './state';

export interface Checkpoint {
  readonly identity: RunIdentity;
  /** All finished epochs. Training goes on with the one after the last. */
  readonly epochs: readonly FinishedEpoch[];
  readonly state: HostState;
  readonly masks: Masks;
}

const FORMAT = 'prunelens-checkpoint-1';

/** Writes a checkpoint, all or nothing. Masks are stored as int32 beside the parameters' own float type. */
export async function writeCheckpoint(path: string, network: Network, checkpoint: Checkpoint): Promise<void> {
  const { identity, epochs, state, masks } = checkpoint;
  const tensors = new Map<string, HostTensor>(state);
  for (const { name, shape } of network.parameters) {
    const mask = masks.get(name);
    if (mask) tensors.set(maskKey(name), intTensor(shape, Int32Array.from(mask)));
  }
  const metadata = {
    format: FORMAT,
    identity: JSON.stringify(identity),
    epochs: JSON.stringify(epochs),
  };
  const checksum = checksumOf(metadata, tensors);
  await writeSafetensors(path, tensors, { metadata: { ...metadata, checksum } });
}

/**
 * Reads a checkpoint for `network` trained with `optimizer`. Throws a UserError where the file is no checkpoint, is damaged,
 * or is one of another network or optimizer.
 */
export async function readCheckpoint(path: string, network: Network, optimizer: Optimizer): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  if (metadata.format !== FORMAT) {
    throw new UserError(`${path} is not a checkpoint of a training run.`);
  }
  const { checksum, ...described } = metadata;
  if (checksum !== checksumOf(described, tensors)) {
    throw new UserError(`${path} is damaged: its contents do not match its checksum.`, {
      hint: 'Start the run anew in another folder.',
    });
  }
  const identity = JSON.parse(metadata.identity) as RunIdentity;
  const { state, masks } = sortTensors(path, network, optimizer, tensors);
  return { identity, epochs: JSON.parse(metadata.epochs) as FinishedEpoch[], state, masks };
}

/** Takes every tensor the network and optimizer need, and refuses any other. */
function sortTensors(
  path: string,
  network: Network,
  optimizer: Optimizer,
  tensors: ReadonlyMap<string, HostTensor>,
): Pick<Checkpoint, 'state' | 'masks'> {
  const state = new Map<string, HostTensor>();
  const masks = new Map<string, Uint8Array>();
  const take = (key: string, shape: readonly number[]): HostTensor | undefined => {
    const tensor = tensors.get(key);
    if (tensor && `${tensor.shape}` !== `${shape}`) {
      const shapes = `[${tensor.shape}] where ${network.name} has [${shape}]`;
      throw new UserError(`${path} is the checkpoint of another network: ${key} has shape ${shapes}.`);
    }
    return tensor;
  };
  for (const { name, shape, trainable } of network.parameters) {
    const slots = trainable ? optimizer.slots.map((slot) => slotKey(slot, name)) : [];
    for (const key of [parameterKey(name), ...slots]) {
      const tensor = take(key, shape);
      if (!tensor) throw new UserError(`${path} is the checkpoint of another network or optimizer: it has no ${key}.`);
      state.set(key, tensor);
    }
    const mask = take(maskKey(name), shape);
    if (mask) masks.set(name, Uint8Array.from(mask.data));
  }
  const foreign = [...tensors.keys()].find((key) => !state.has(key) && !masks.has(key.slice(maskKey('').length)));
  if (foreign !== undefined) {
    throw new UserError(`${path} is the checkpoint of another network or optimizer: it has ${foreign}.`);
  }
  return { state, masks };
}

/** SHA-256 of the metadata and of every tensor's name, shape and bytes, in the order of their names. */
function checksumOf(metadata: { readonly [key: string]: string }, tensors: ReadonlyMap<string, HostTensor>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))));
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (data.length !== sizeOf(shape)) throw new Error(`${name}: ${data.length} values for shape [${shape}]`);
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
