/**
 * The reference executor: every operation in float64, one after the other, in plain loops. Slow, readable and exact; it
 * is what the other executors and the derivative rules are tested against.
 */
import type { Node, OpNode, Program } from '../../graph/types';
import type { HostTensor } from '../../protocol/tensor';
import type { DeviceTensor, Executable, Executor } from '../types';
import type { Value } from './arrays';
import { kernels } from './kernels';

/** Runs a program on plain values. Inputs are given by name; results too. */
export function interpret(program: Program, inputs: { readonly [name: string]: Value }): { [name: string]: Value } {
  const values = new Map<Node, Value>();
  for (const node of program.nodes) {
    if (node.op === 'input') {
      const value = inputs[node.attributes.name];
      if (!value) throw new Error(`program ${program.name}: input ${node.attributes.name} is missing`);
      values.set(node, value);
    } else {
      const kernel = kernels[node.op] as (node: OpNode, args: readonly Value[]) => Value;
      values.set(
        node,
        kernel(
          node,
          node.args.map((arg) => values.get(arg)!),
        ),
      );
    }
  }
  return Object.fromEntries(Object.entries(program.outputs).map(([name, node]) => [name, values.get(node)!]));
}

/** A value in host memory with the executor's handle around it. */
interface ReferenceTensor extends DeviceTensor {
  readonly value: Value;
}

function wrap(value: Value): ReferenceTensor {
  const dtype = value.data instanceof Int32Array ? 'int32' : 'float32';
  return {
    shape: value.shape,
    dtype,
    value,
    read: async () => ({ shape: value.shape, dtype, data: value.data.slice() }),
    dispose: () => {},
  };
}

/** An executor over the interpreter. Tensors read back hold Float64Arrays. */
export function createReferenceExecutor(): Executor {
  return {
    backend: 'reference',
    device: 'float64 interpreter',
    upload: ({ shape, data }: HostTensor) =>
      wrap({ shape, data: data instanceof Int32Array ? data : Float64Array.from(data) }),
    compile: async (program): Promise<Executable> => ({
      program,
      run: async (inputs) => {
        const values = Object.entries(inputs).map(([name, tensor]) => [name, (tensor as ReferenceTensor).value]);
        const results = interpret(program, Object.fromEntries(values));
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, wrap(value)]));
      },
      dispose: async () => {},
    }),
    dispose: async () => {},
  };
}
