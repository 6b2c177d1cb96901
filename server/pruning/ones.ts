/** Networks on inputs of ones, for criteria that look at paths and not at data. */
import type { Builder } from '../graph/builder';
import { reachable } from '../graph/program';
import type { Node } from '../graph/types';
import type { Network } from '../models/types';
import { sizeOf } from '../protocol/tensor';

export interface OnesInput {
  /** One example: ones in place of numbers, and of ids. */
  readonly inputs: readonly Node[];
  /** The builder to apply the network with. */
  readonly b: Builder;
}

/**
 * An input of ones. There are no ids in it: what is looked up by the input's ids is ones too. The rows of `tables`, whose values
 * are weights of the paths, are summed up instead, as if each id were there once.
 */
export function onesInput(b: Builder, network: Pick<Network, 'inputs'>, tables: ReadonlySet<Node>): OnesInput {
  const inputs = network.inputs.map(({ shape, dtype }) => {
    const extents = [1, ...shape];
    return dtype === 'int32' ? b.literal(new Int32Array(sizeOf(extents)).fill(1), extents) : b.constant(1, extents);
  });
  if (inputs.every(({ dtype }) => dtype === 'float32')) return { inputs, b };
  const isGiven = (indices: Node) => reachable([indices]).some((node) => inputs.includes(node));
  return {
    inputs,
    b: {
      ...b,
      gatherRows(table, indices) {
        if (!isGiven(indices)) return b.gatherRows(table, indices);
        const shape = [...indices.shape, ...table.shape.slice(1)];
        return tables.has(table) ? b.broadcast(b.reduceSum(table, [0]), shape) : b.constant(1, shape);
      },
    },
  };
}
