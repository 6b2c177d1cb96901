/** Examples that stay in Python: batches are taken of them by their numbers. */
import type { DType, Shape } from '../../protocol/tensor';
import type { DeviceTensor, ExampleTable } from '../types';
import type { Connection } from './connection';
import type { Handle } from './messages';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);

/**
 * Makes place for examples; undefined where the device has too little.
 *
 * @param wrap A tensor of a shape under a new handle.
 * @throws UserError where Python has ended.
 */
export async function createExampleTable(
  connection: Connection,
  wrap: (shape: Shape, dtype: DType) => DeviceTensor & { readonly handle: Handle },
  shape: Shape,
  dtype: DType,
): Promise<ExampleTable | undefined> {
  const table = connection.newNumber();
  const { answer } = await connection.request('hold', { handle: table, shape, dtype });
  if (!answer.fits) return undefined;
  return {
    async fill(first, values) {
      await connection.request('fill', { handle: table, first }, [bytesOf(values)]);
    },
    take(indices, batchShape, moves) {
      const tensor = wrap(batchShape, dtype);
      const padding = moves ? moves.padding : null;
      const parts = [bytesOf(indices), ...(moves ? [bytesOf(moves.moves)] : [])];
      connection.send({ kind: 'take', handle: tensor.handle, table, shape: batchShape, padding }, parts);
      return tensor;
    },
    dispose: () => connection.free(table),
  };
}
