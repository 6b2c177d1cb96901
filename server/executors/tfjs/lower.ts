/** Translates a program to TensorFlow ops: one rule for each operation, in a table that must be complete to compile. */

import { equalShapes } from '../../graph/shapes';
import type { Node, OpName, OpNode, Program } from '../../graph/types';
import { type Timed, withLifetimes, withoutDeadCode } from '../lifetimes';
import { type NormalizationPlan, planNormalization } from '../normalizationPlan';
import { type ConvolutionShapes, lowerConvolution, lowerInputGradient, lowerKernelGradient } from './convolution';
import {
  boolAttribute,
  type ConstantRegister,
  createEmitter,
  type Emitter,
  floatListAttributes,
  type Instruction,
  intAttribute,
  type Register,
  typeAttribute,
} from './instructions';
import { createNormalizationLowering, type NormalizationLowering } from './normalization';
import {
  lowerAveragePool,
  lowerAveragePoolGradient,
  lowerMaxPool,
  lowerMaxPoolGather,
  lowerMaxPoolScatter,
} from './pooling';

/** A program as TensorFlow ops. */
export interface LoweredProgram {
  readonly inputs: readonly { readonly name: string; readonly register: Register }[];
  /** Each output has a register of its own, which no other output and no input shares. */
  readonly outputs: readonly { readonly name: string; readonly register: Register; readonly node: Node }[];
  readonly constants: readonly ConstantRegister[];
  readonly instructions: readonly Timed<Instruction>[];
}

interface Context {
  readonly emitter: Emitter;
  readonly normalization: NormalizationLowering;
  readonly normalizationPlan: NormalizationPlan;
  /** The register of a node that is already lowered. */
  readonly registerOf: (node: Node) => Register;
}

type Rule<K extends OpName> = (node: OpNode<K>, args: readonly Register[], context: Context) => Register;

/** Lowers a whole program. */
export function lowerProgram(program: Program): LoweredProgram {
  const emitter = createEmitter();
  const registers = new Map<Node, Register>();
  const registerOf = (node: Node) => registers.get(node)!;
  const normalizationPlan = planNormalization(program);
  const normalization = createNormalizationLowering(emitter, normalizationPlan, registerOf);
  const context = { emitter, normalization, normalizationPlan, registerOf };

  for (const node of program.nodes) registers.set(node, lowerNode(node, context));

  const inputs = program.inputs.map((node) => ({ name: node.attributes.name, register: registerOf(node as Node) }));
  const owned = new Set([...inputs, ...emitter.constants].map(({ register }) => register));
  const outputs = Object.entries(program.outputs).map(([name, node]) => {
    const value = registerOf(node);
    const register = owned.has(value) ? emitter.copy(value) : value;
    owned.add(register);
    return { name, register, node };
  });
  const results = outputs.map(({ register }) => register);
  const instructions = withLifetimes(withoutDeadCode(emitter.instructions, results), results);
  const used = new Set(instructions.flatMap((instruction) => instruction.inputs));
  const constants = emitter.constants.filter(({ register }) => used.has(register));
  return { inputs, outputs, constants, instructions };
}

function lowerNode<K extends OpName>(node: OpNode<K>, context: Context): Register {
  return rules[node.op](node, node.args.map(context.registerOf), context);
}

/** One TensorFlow op over all arguments. */
const direct =
  (op: string) =>
  (_node: OpNode, args: readonly Register[], { emitter }: Context): Register =>
    emitter.emit(op, {}, args);

/**
 * One TensorFlow op over two arguments, which broadcasts as NumPy does. A constant that would only be spread out to
 * the other argument's shape is given as a scalar instead.
 */
const broadcasting =
  (op: string) =>
  (node: OpNode, args: readonly Register[], { emitter }: Context): Register =>
    emitter.emit(op, {}, compactConstants(node, args, emitter));

function compactConstants(node: OpNode, args: readonly Register[], emitter: Emitter): readonly Register[] {
  return args.map((register, i) => {
    const arg = node.args[i];
    const other = node.args[1 - i];
    return arg.op === 'constant' && equalShapes(other.shape, node.shape)
      ? emitter.scalar(arg.attributes.value)
      : register;
  });
}

/** A comparison, as 1 or 0. */
const comparison =
  (op: string) =>
  (node: OpNode, args: readonly Register[], { emitter }: Context): Register =>
    emitter.emit('Cast', { DstT: typeAttribute('float32') }, [
      emitter.emit(op, {}, compactConstants(node, args, emitter)),
    ]);

const reduction = (
  op: string,
  { attributes: { axes, keepDims } }: OpNode<'reduceSum'> | OpNode<'reduceMax'>,
  x: Register,
  emitter: Emitter,
): Register => emitter.emit(op, { keep_dims: boolAttribute(keepDims) }, [x, emitter.integers(axes)]);

/** The shapes a pooling or convolution relates, whichever of them the node itself has. */
const pooled = ({ args, shape }: OpNode) => ({ x: args[0].shape, y: shape });

const rules: { [K in OpName]: Rule<K> } = {
  input: (_node, _args, { emitter }) => emitter.reserve(),
  constant: ({ shape, attributes: { value } }, _args, { emitter }) =>
    shape.length === 0
      ? emitter.scalar(value)
      : emitter.emit('Fill', {}, [emitter.integers(shape), emitter.scalar(value)]),
  literal: ({ shape, dtype, attributes: { data } }, _args, { emitter }) =>
    dtype === 'int32' ? emitter.integerTable(data, shape) : emitter.floats(data, shape),

  negate: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  tanh: direct('Tanh'),
  sigmoid: direct('Sigmoid'),
  softplus: direct('Softplus'),
  erf: direct('Erf'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  relu: direct('Relu'),
  stopGradient: (_node, [x]) => x,
  // One device computes here.
  deviceSum: (_node, [x]) => x,

  add: broadcasting('AddV2'),
  subtract: broadcasting('Sub'),
  multiply: broadcasting('Mul'),
  divide: broadcasting('RealDiv'),
  maximum: broadcasting('Maximum'),
  gate: ({ args, shape }, registers, { emitter }) => {
    // ReluGrad does not broadcast.
    const [features, gradients] = registers.map((register, i) =>
      equalShapes(args[i].shape, shape)
        ? register
        : emitter.emit('BroadcastTo', {}, [register, emitter.integers(shape)]),
    );
    return emitter.emit('ReluGrad', {}, [gradients, features]);
  },
  greater: comparison('Greater'),
  equal: comparison('Equal'),

  reduceSum: (node, [x], { emitter, normalization, normalizationPlan }) => {
    const group = normalizationPlan.sumOver(node);
    if (!group) return reduction('Sum', node, x, emitter);
    const sum = normalization.sum(group);
    return node.attributes.keepDims ? emitter.emit('Reshape', {}, [sum, emitter.integers(node.shape)]) : sum;
  },
  reduceMax: (node, [x], { emitter }) => reduction('Max', node, x, emitter),
  argMax: ({ attributes: { axis } }, [x], { emitter }) =>
    emitter.emit('ArgMax', { output_type: typeAttribute('int32') }, [x, emitter.integer(axis)]),

  reshape: ({ shape }, [x], { emitter }) => emitter.emit('Reshape', {}, [x, emitter.integers(shape)]),
  transpose: ({ attributes: { permutation } }, [x], { emitter }) =>
    emitter.emit('Transpose', {}, [x, emitter.integers(permutation)]),
  broadcast: ({ shape }, [x], { emitter }) => emitter.emit('BroadcastTo', {}, [x, emitter.integers(shape)]),
  slice: ({ shape, attributes: { begin } }, [x], { emitter }) =>
    emitter.emit('Slice', {}, [x, emitter.integers(begin), emitter.integers(shape)]),
  pad: ({ attributes: { before, after } }, [x], { emitter }) => {
    const paddings = before.flatMap((extent, axis) => [extent, after[axis]]);
    return emitter.emit('Pad', {}, [x, emitter.integerTable(paddings, [before.length, 2])]);
  },
  concat: ({ attributes: { axis } }, args, { emitter }) =>
    emitter.emit('ConcatV2', floatListAttributes(args.length), [...args, emitter.integer(axis)]),
  oneHot: ({ attributes: { depth } }, [indices], { emitter }) =>
    emitter.emit('OneHot', {}, [indices, emitter.integer(depth), emitter.scalar(1), emitter.scalar(0)]),
  gatherRows: (_node, [table, indices], { emitter }) =>
    emitter.emit('GatherV2', { batch_dims: intAttribute(0) }, [table, indices, emitter.integer(0)]),
  scatterRows: ({ shape }, [rows, indices], { emitter }) =>
    emitter.emit('UnsortedSegmentSum', {}, [rows, indices, emitter.integer(shape[0])]),

  matmul: ({ shape, attributes: { transposeA, transposeB } }, [a, b], { emitter }) =>
    shape.length === 2
      ? emitter.emit('MatMul', { transpose_a: boolAttribute(transposeA), transpose_b: boolAttribute(transposeB) }, [
          a,
          b,
        ])
      : emitter.emit('BatchMatMulV2', { adj_x: boolAttribute(transposeA), adj_y: boolAttribute(transposeB) }, [a, b]),

  conv2d: (node, [x, kernel], { emitter }) => {
    const shapes: ConvolutionShapes = { x: node.args[0].shape, kernel: node.args[1].shape, y: node.shape };
    return lowerConvolution(emitter, x, kernel, node.attributes, shapes);
  },
  conv2dInputGradient: (node, [y, kernel], { emitter }) => {
    const shapes: ConvolutionShapes = { x: node.shape, kernel: node.args[1].shape, y: node.args[0].shape };
    return lowerInputGradient(emitter, y, kernel, node.attributes, shapes);
  },
  conv2dKernelGradient: (node, [x, y], { emitter }) => {
    const shapes: ConvolutionShapes = { x: node.args[0].shape, kernel: node.shape, y: node.args[1].shape };
    return lowerKernelGradient(emitter, x, y, node.attributes, shapes);
  },

  maxPool: (node, [x], { emitter }) => lowerMaxPool(emitter, x, node.attributes, pooled(node)),
  maxPoolGather: (node, [x, t], { emitter }) => lowerMaxPoolGather(emitter, x, t, node.attributes, pooled(node)),
  maxPoolScatter: (node, [x, y], { emitter }) =>
    lowerMaxPoolScatter(emitter, x, y, node.attributes, { x: node.shape, y: node.args[1].shape }),
  averagePool: (node, [x], { emitter }) => lowerAveragePool(emitter, x, node.attributes, pooled(node)),
  averagePoolGradient: (node, [y], { emitter }) =>
    lowerAveragePoolGradient(emitter, y, node.attributes, { x: node.shape, y: node.args[0].shape }),

  batchNorm: (node, _args, { normalization }) => normalization.batchNorm(node),
  batchNormGradient: (node, _args, { normalization }) => normalization.gradient(node),
  batchNormGammaGradient: (node, _args, { normalization }) => normalization.gammaGradient(node),
  inverseDeviation: (node, _args, { normalization }) => normalization.inverseDeviation(node),
};
