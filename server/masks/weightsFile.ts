/** Weights as the network's framework loads them: every tensor of its file, under its name and in its layout. */
import { type StorageType, writeSafetensors } from '../files/safetensors';
import { storedAs, toStored } from '../models/stored';
import type { Network, OtherTensor } from '../models/types';
import { floatTensor, type HostTensor, intTensor } from '../protocol/tensor';
import type { Weights } from '../pruning';

const STORAGES: { readonly [storage in NonNullable<OtherTensor['storage']>]: StorageType } = {
  int64: 'I64',
  uint8: 'U8',
  bool: 'BOOL',
};

/** A file's tensors, and how those are stored that are not as their values say. */
export interface WeightTensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly storage: ReadonlyMap<string, StorageType>;
}

/** As it is after `steps` steps of training. */
function after({ tensor, countsSteps }: OtherTensor, steps: number): HostTensor {
  if (!countsSteps || steps === 0) return tensor;
  return intTensor(
    tensor.shape,
    Int32Array.from(tensor.data, (count) => count + steps),
  );
}

/**
 * Values of every parameter, and `others`, with which nothing is computed, after `steps` steps of training. A tensor that the framework
 * knows under several names is there under each of them, as a strict loader asks.
 */
export function weightTensors(
  { parameters }: Pick<Network, 'parameters'>,
  weights: Weights,
  others: ReadonlyMap<string, OtherTensor>,
  steps: number,
): WeightTensors {
  const own = parameters.flatMap((parameter) => {
    const stored = storedAs(parameter);
    const tensor = floatTensor(stored.shape, toStored(weights.get(parameter.name)!, stored));
    return [stored.name, ...(parameter.aliases ?? [])].map((name) => [name, tensor] as const);
  });
  const rest = Array.from(others, ([name, other]) => [name, after(other, steps)] as const);
  const storage = Array.from(others).flatMap(([name, other]) =>
    other.storage ? [[name, STORAGES[other.storage]] as const] : [],
  );
  return { tensors: new Map([...own, ...rest]), storage: new Map(storage) };
}

/** Writes the weights (see `weightTensors`) as safetensors. @throws UserError where the file cannot be written. */
export async function writeWeights(
  path: string,
  network: Pick<Network, 'parameters'>,
  weights: Weights,
  others: ReadonlyMap<string, OtherTensor>,
  steps: number,
): Promise<void> {
  const { tensors, storage } = weightTensors(network, weights, others, steps);
  // PyTorch's loaders ask for it.
  await writeSafetensors(path, tensors, { storage, metadata: { format: 'pt' } });
}
