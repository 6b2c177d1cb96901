/** What is in the `state_dict` besides the parameters of a network. */
import type { OtherTensor } from '../../../models/types';
import { floatTensor, type HostTensor, intTensor } from '../../../protocol/tensor';
import type { ExportedModel, ExportedTensor } from '../exported';
import { ownerOf, type TorchParameter } from './parameters';

/** Batch normalization's counter of the batches that it was trained with. */
const COUNTER = /(^|\.)num_batches_tracked$/;

const STORAGES: { readonly [dtype: string]: OtherTensor['storage'] } = { int64: 'int64', uint8: 'uint8', bool: 'bool' };

function hostTensor({ shape, values }: ExportedTensor): HostTensor {
  return values instanceof Float32Array ? floatTensor(shape, values) : intTensor(shape, values);
}

/** The tensors of the `state_dict` that are no parameters of the network, under all their names. */
export function otherTensors(
  { tensors }: ExportedModel,
  parameters: ReadonlyMap<number, TorchParameter>,
): ReadonlyMap<string, OtherTensor> {
  const statistics = [...parameters.values()].filter(({ role }) => role === 'moving-mean');
  const updated = new Set(statistics.map(({ name }) => ownerOf(name)));
  const others = tensors.filter(({ kind }, index) => kind !== 'constant' && !parameters.has(index));
  return new Map(
    others.flatMap((tensor) => {
      const { name, dtype, aliases } = tensor;
      const storage = STORAGES[dtype];
      const other: OtherTensor = {
        tensor: hostTensor(tensor),
        ...(storage && { storage }),
        ...(COUNTER.test(name) && updated.has(ownerOf(name)) && { countsSteps: true }),
      };
      return [name, ...aliases].map((one) => [one, other] as const);
    }),
  );
}
