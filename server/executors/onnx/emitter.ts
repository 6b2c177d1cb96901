/** Collects the nodes and initializers of one ONNX model; equal ones are made once. */
import type { Shape } from '../../protocol/tensor';
import type { AttributeValue, OnnxInitializer, OnnxNode } from './encode';

export interface EmitOptions {
  readonly attributes?: { readonly [name: string]: AttributeValue };
  readonly domain?: string;
  /** Makes a node of its own where an equal one exists already: nodes are shared only with equal numbers. */
  readonly copy?: number;
}

export interface Emitter {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  /** Sets the prefix of the names of the nodes that follow; it is what profiles and messages show. */
  setScope(scope: string): void;
  /** Adds a node with one output (or finds its equal) and returns the output's name. */
  emit(op: string, inputs: readonly string[], options?: EmitOptions): string;
  /** The same with several outputs. */
  emitMany(op: string, inputs: readonly string[], outputs: number, options?: EmitOptions): readonly string[];
  floats(shape: Shape, data: Float32Array): string;
  int32s(shape: Shape, data: Int32Array): string;
  /** A vector of int64, as shapes and axes are given. */
  integers(values: readonly number[]): string;
}

/** An empty model. */
export function createEmitter(): Emitter {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  const known = new Map<string, readonly string[]>();
  let scope = '';
  let count = 0;

  const emitMany: Emitter['emitMany'] = (op, inputs, outputs, options = {}) => {
    const { attributes = {}, domain = '', copy } = options;
    const key = JSON.stringify([op, domain, outputs, inputs, attributes, copy]);
    const found = known.get(key);
    if (found) return found;
    const name = `${scope}/${op}_${count++}`;
    const names = Array.from({ length: outputs }, (_, index) => (index === 0 ? name : `${name}:${index}`));
    nodes.push({ name, op, domain, inputs, outputs: names, attributes });
    known.set(key, names);
    return names;
  };

  const initializer = (tensor: Omit<OnnxInitializer, 'name'>): string => {
    // Only small tables are compared by value; large literals are shared by the graph builder already.
    const key = tensor.data.length <= 64 ? `${tensor.type}[${tensor.shape}]=${tensor.data.join()}` : undefined;
    const found = key === undefined ? undefined : known.get(key);
    if (found) return found[0];
    const name = `constant_${initializers.length}`;
    initializers.push({ name, ...tensor });
    if (key !== undefined) known.set(key, [name]);
    return name;
  };

  return {
    nodes,
    initializers,
    setScope: (next) => {
      scope = next;
    },
    emit: (op, inputs, options) => emitMany(op, inputs, 1, options)[0],
    emitMany,
    floats: (shape, data) => initializer({ type: 'float32', shape, data }),
    int32s: (shape, data) => initializer({ type: 'int32', shape, data }),
    integers: (values) =>
      initializer({
        type: 'int64',
        shape: [values.length],
        data: BigInt64Array.from(values, (value) => BigInt(value)),
      }),
  };
}
