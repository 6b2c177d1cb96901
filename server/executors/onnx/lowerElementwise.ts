/** Sources and elementwise operations. */
import type { Node, OpName, OpNode } from '../../graph/types';
import { broadcastShapes, commonLayout, full, type Lowering, loose, type Rule, type Value } from './values';

type Source = 'input' | 'constant' | 'literal';

export const sourceRules: { [K in Source]: Rule<K> } = {
  input: (lowering, node) => full(node, lowering.inputName(node.attributes.name)),
  constant: ({ emitter }, node) => {
    const { value } = node.attributes;
    const name = node.dtype === 'int32' ? emitter.int32s([], Int32Array.of(value)) : scalar(emitter, value);
    return { name, shape: [], layout: 'logical' };
  },
  literal: ({ emitter }, node) => {
    const { data } = node.attributes;
    const name =
      node.dtype === 'int32'
        ? emitter.int32s(node.shape, Int32Array.from(data))
        : emitter.floats(node.shape, Float32Array.from(data));
    return full(node, name);
  },
};

/** A float32 scalar. */
export function scalar(emitter: Lowering['emitter'], value: number): string {
  return emitter.floats([], Float32Array.of(value));
}

/** An operator of one argument, kept in its argument's layout and size. */
function unary<K extends OpName>(op: string): Rule<K> {
  return (lowering, node) => {
    const x = lowering.value(node.args[0]);
    return { ...x, name: lowering.emitter.emit(op, [x.name]) };
  };
}

/** Arguments of a broadcasting operation in their common layout, and the shape and layout of its result. */
function aligned(lowering: Lowering, args: readonly Node[]): { names: string[]; result: Omit<Value, 'name'> } {
  const layout = commonLayout(lowering, args);
  const values = args.map((arg) => loose(lowering, arg, layout));
  const shape = broadcastShapes(values.map((value) => value.shape));
  return { names: values.map((value) => value.name), result: { shape, layout } };
}

/** An operator of several arguments with NumPy broadcasting. */
function broadcasting<K extends OpName>(op: string): Rule<K> {
  return (lowering, node) => {
    const { names, result } = aligned(lowering, node.args);
    return { name: lowering.emitter.emit(op, names), ...result };
  };
}

/** A comparison, whose result is made a float. */
function comparison<K extends OpName>(op: string): Rule<K> {
  return (lowering, node) => {
    const { names, result } = aligned(lowering, node.args);
    return { name: toFloat(lowering, lowering.emitter.emit(op, names)), ...result };
  };
}

/** A boolean or integer value as float32. */
export function toFloat({ emitter }: Lowering, name: string): string {
  return emitter.emit('Cast', [name], { attributes: { to: 1 } });
}

function gate(lowering: Lowering, node: OpNode<'gate'>): Value {
  const { emitter } = lowering;
  const { names, result } = aligned(lowering, node.args);
  const mask = toFloat(lowering, emitter.emit('Greater', [names[0], scalar(emitter, 0)]));
  return { name: emitter.emit('Mul', [names[1], mask]), ...result };
}

type Elementwise =
  | 'negate'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'erf'
  | 'abs'
  | 'sign'
  | 'relu'
  | 'stopGradient'
  | 'deviceSum'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'maximum'
  | 'gate'
  | 'greater'
  | 'equal';

export const elementwiseRules: { [K in Elementwise]: Rule<K> } = {
  negate: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid'),
  softplus: unary('Softplus'),
  erf: unary('Erf'),
  abs: unary('Abs'),
  sign: unary('Sign'),
  relu: unary('Relu'),
  stopGradient: (lowering, node) => lowering.value(node.args[0]),
  // One device computes here.
  deviceSum: (lowering, node) => lowering.value(node.args[0]),
  add: broadcasting('Add'),
  subtract: broadcasting('Sub'),
  multiply: broadcasting('Mul'),
  divide: broadcasting('Div'),
  maximum: broadcasting('Max'),
  gate,
  greater: comparison('Greater'),
  equal: comparison('Equal'),
};
