/** Rows of a table by their indices. */
import type { OpNode } from '../../graph/types';
import { sizeOf } from '../../protocol/tensor';
import { toFloat } from './lowerElementwise';
import { dense, full, type Lowering, type Rule, reshaped, type Value } from './values';

function gatherRows(lowering: Lowering, node: OpNode<'gatherRows'>): Value {
  const [table, indices] = node.args.map((arg) => dense(lowering, arg));
  return full(node, lowering.emitter.emit('Gather', [table, indices], { attributes: { axis: 0 } }));
}

/** Adds rows to a table of zeros. Graphics processors have no atomic addition of floats there, so they multiply by one-hot rows. */
function scatterRows(lowering: Lowering, node: OpNode<'scatterRows'>): Value {
  const { emitter, cpu } = lowering;
  const [rows, indices] = node.args;
  const count = sizeOf(indices.shape);
  const length = sizeOf(node.shape.slice(1));
  const table = [node.shape[0], length];
  const updates = reshaped(emitter, dense(lowering, rows), rows.shape, [count, length]);
  const column = reshaped(emitter, dense(lowering, indices), indices.shape, [count, 1]);
  if (cpu) {
    const places = emitter.emit('Cast', [column], { attributes: { to: INT64 } });
    const zeros = emitter.emit('ConstantOfShape', [emitter.integers(table)]);
    const sums = emitter.emit('ScatterND', [zeros, places, updates], { attributes: { reduction: 'add' } });
    return full(node, reshaped(emitter, sums, table, node.shape));
  }
  const every = Int32Array.from({ length: table[0] }, (_, row) => row);
  const hits = toFloat(lowering, emitter.emit('Equal', [column, emitter.int32s([table[0]], every)]));
  const sums = emitter.emit('Gemm', [hits, updates], { attributes: { transA: 1 } });
  return full(node, reshaped(emitter, sums, table, node.shape));
}

/** The data type as ONNX numbers it. */
const INT64 = 7;

export const rowRules: { [K in 'gatherRows' | 'scatterRows']: Rule<K> } = { gatherRows, scatterRows };
