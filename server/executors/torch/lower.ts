/** Translates a program to calls of PyTorch: one rule for each operation, in a table that must be complete to compile. */
import { equalShapes } from '../../graph/shapes';
import type { Node, OpName, OpNode, Program } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { type Register, type Timed, withLifetimes, withoutDeadCode } from '../lifetimes';
import { type NormalizationPlan, planNormalization } from '../normalizationPlan';
import { type ConvolutionPair, planConvolutionPairs } from './convolutionPairs';
import {
  type CallName,
  createEmitter,
  type Emitter,
  type Instruction,
  type Literal,
  type Scalar,
} from './instructions';
import { kernelInputs } from './kernelLayout';
import { createNormalizationLowering, type NormalizationLowering } from './normalization';
import { originOf } from './origin';
import { withReluInPlace } from './reluInPlace';
import { withEqualCallsTogether } from './together';

/** A program as calls of PyTorch. Several outputs, inputs and constants may share a register. */
export interface LoweredProgram {
  readonly inputs: readonly { readonly name: string; readonly register: Register; readonly isKernel: boolean }[];
  readonly outputs: readonly { readonly name: string; readonly register: Register; readonly node: Node }[];
  readonly literals: readonly Literal[];
  readonly scalars: readonly Scalar[];
  readonly instructions: readonly Timed<Instruction>[];
}

interface Context {
  readonly emitter: Emitter;
  readonly normalization: NormalizationLowering;
  readonly normalizationPlan: NormalizationPlan;
  readonly convolutionPairs: ReadonlyMap<OpNode, ConvolutionPair>;
  /** The register of a node that is already lowered. */
  readonly registerOf: (node: Node) => Register;
  /** The register of relu(x), where it is already lowered. */
  readonly reluOf: (x: Node) => Register | undefined;
  /** Whether only one node reads a node, and nobody outside. */
  readonly hasOneUse: (node: Node) => boolean;
}

type Rule<K extends OpName> = (node: OpNode<K>, args: readonly Register[], context: Context) => Register;

/** Lowers a whole program. */
export function lowerProgram(program: Program): LoweredProgram {
  const registers = new Map<Node, Register>();
  const relus = new Map<Node, Register>();
  const registerOf = (node: Node) => registers.get(node)!;
  let current: Node = program.nodes[0];
  const emitter = createEmitter(() => originOf(current));
  const normalizationPlan = planNormalization(program);
  const context: Context = {
    emitter,
    normalizationPlan,
    normalization: createNormalizationLowering(emitter, normalizationPlan, registerOf),
    convolutionPairs: planConvolutionPairs(program) as ReadonlyMap<OpNode, ConvolutionPair>,
    registerOf,
    reluOf: (x) => relus.get(x),
    hasOneUse: useCounter(program),
  };

  for (const node of program.nodes) {
    current = node;
    const register = lowerNode(node, context);
    registers.set(node, register);
    if (node.op === 'relu') relus.set(node.args[0], register);
  }

  const kernels = kernelInputs(program);
  const outputs = Object.entries(program.outputs).map(([name, node]) => ({ name, register: registerOf(node), node }));
  const results = outputs.map(({ register }) => register);
  const known = {
    shapes: floatShapes(program, emitter.instructions, registerOf),
    scalars: new Set(emitter.scalars.map(({ register }) => register)),
    results,
  };
  const needed = withEqualCallsTogether(withoutDeadCode(emitter.instructions, results), known);
  const timed = withLifetimes(needed, results);
  const used = new Set([...results, ...timed.flatMap(({ inputs }) => inputs)]);
  return {
    inputs: program.inputs.map((node) => ({
      name: node.attributes.name,
      register: registerOf(node as Node),
      isKernel: kernels.has(node as Node),
    })),
    outputs,
    literals: emitter.literals.filter(({ register }) => used.has(register)),
    scalars: emitter.scalars.filter(({ register }) => used.has(register)),
    instructions: withReluInPlace(timed),
  };
}

/** Shapes of the registers that are float32: of nodes, and of the statistics of normalization, which no node is. */
function floatShapes(
  { nodes }: Program,
  instructions: readonly Instruction[],
  registerOf: (node: Node) => Register,
): ReadonlyMap<Register, Shape> {
  const floats = nodes.filter(({ dtype }) => dtype === 'float32');
  const shapes = new Map(floats.map((node) => [registerOf(node), node.shape]));
  for (const { call, inputs, outputs } of instructions) {
    if (call !== 'normalize') continue;
    const channels = shapes.get(inputs[0])!.slice(-1);
    for (const register of outputs.slice(1)) shapes.set(register, channels);
  }
  return shapes;
}

function useCounter({ nodes, outputs }: Program): (node: Node) => boolean {
  const uses = new Map<Node, number>();
  for (const node of [...nodes.flatMap(({ args }) => args), ...Object.values(outputs)]) {
    uses.set(node, (uses.get(node) ?? 0) + 1);
  }
  return (node) => uses.get(node) === 1;
}

function lowerNode<K extends OpName>(node: OpNode<K>, context: Context): Register {
  return rules[node.op](node, node.args.map(context.registerOf), context);
}

/** A call without attributes over all arguments. */
const direct =
  (
    call:
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
      | 'deviceSum',
  ) =>
  (_node: OpNode, args: readonly Register[], { emitter }: Context): Register =>
    emitter.emit(call, {}, args);

/** A call over two arguments, which broadcasts as NumPy does. */
const broadcasting =
  (call: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'greater' | 'equal') =>
  (node: OpNode, args: readonly Register[], { emitter }: Context): Register =>
    emitter.emit(call, {}, withScalars(node, args, emitter));

/** A constant that would only be spread out to the shape of the other argument is written as a number. */
function withScalars(node: OpNode, args: readonly Register[], emitter: Emitter): readonly Register[] {
  return args.map((register, i) => {
    const [arg, other] = [node.args[i], node.args[1 - i]];
    return arg.op === 'constant' && other.op !== 'constant' && equalShapes(other.shape, node.shape)
      ? emitter.scalar(arg.attributes.value)
      : register;
  });
}

/** `a + sign * (b * c)` in one pass, where a has the result's shape and c is a number; undefined where it is not of that form. */
function scaledSum(node: OpNode, a: Node, product: Node, sign: 1 | -1, context: Context): Register | undefined {
  const { emitter, registerOf, hasOneUse } = context;
  if (product.op !== 'multiply' || !hasOneUse(product) || !equalShapes(a.shape, node.shape)) return undefined;
  const [left, right] = product.args;
  for (const [b, c] of [
    [left, right],
    [right, left],
  ]) {
    if (c.shape.length > 0 || !equalShapes(b.shape, node.shape)) continue;
    if (c.op === 'constant')
      return emitter.emit('addScaled', { factor: sign * c.attributes.value }, [registerOf(a), registerOf(b)]);
    if (node.shape.length > 0)
      return emitter.emit('addProduct', { sign }, [registerOf(a), registerOf(b), registerOf(c)]);
  }
  return undefined;
}

const convolutionGradient = (
  node: OpNode<'conv2dInputGradient'> | OpNode<'conv2dKernelGradient'>,
  args: readonly Register[],
  { emitter, convolutionPairs, registerOf }: Context,
): Register => {
  const isInput = node.op === 'conv2dInputGradient';
  const pair = convolutionPairs.get(node);
  if (!pair) {
    const attributes = { ...node.attributes, shape: node.shape };
    return emitter.emit(isInput ? 'inputGradient' : 'kernelGradient', attributes, args);
  }
  const inputs = [registerOf(pair.x), registerOf(pair.kernel), registerOf(pair.y)];
  return emitter.emitAll('bothGradients', node.attributes, inputs, 2)[isInput ? 0 : 1];
};

const shaped =
  (call: CallName & ('reshape' | 'broadcast' | 'scatterRows')) =>
  ({ shape }: OpNode, args: readonly Register[], { emitter }: Context): Register =>
    emitter.emit(call, { shape }, args);

const rules: { [K in OpName]: Rule<K> } = {
  input: (_node, _args, { emitter }) => emitter.reserve(),
  constant: ({ shape, attributes: { value } }, _args, { emitter }) => emitter.emit('fill', { shape, value }, []),
  literal: ({ shape, dtype, attributes: { data } }, _args, { emitter }) => emitter.literal(shape, dtype, data),

  negate: direct('negate'),
  exp: direct('exp'),
  log: direct('log'),
  sqrt: direct('sqrt'),
  tanh: direct('tanh'),
  sigmoid: direct('sigmoid'),
  softplus: direct('softplus'),
  erf: direct('erf'),
  abs: direct('abs'),
  sign: direct('sign'),
  relu: direct('relu'),
  stopGradient: (_node, [x]) => x,
  deviceSum: direct('deviceSum'),

  add: (node, args, context) => {
    const [a, b] = node.args;
    return (
      scaledSum(node, a, b, 1, context) ?? scaledSum(node, b, a, 1, context) ?? broadcasting('add')(node, args, context)
    );
  },
  subtract: (node, args, context) => {
    const [a, b] = node.args;
    return scaledSum(node, a, b, -1, context) ?? broadcasting('subtract')(node, args, context);
  },
  multiply: broadcasting('multiply'),
  divide: broadcasting('divide'),
  maximum: broadcasting('maximum'),
  gate: ({ args: [x] }, [features, y], { emitter, reluOf }) => emitter.emit('gate', {}, [reluOf(x) ?? features, y]),
  greater: broadcasting('greater'),
  equal: broadcasting('equal'),

  reduceSum: (node, [x], { emitter, normalization, normalizationPlan }) => {
    const backward = normalizationPlan.sumOver(node);
    const forward = normalizationPlan.meanOf(node);
    if (!backward && !forward) return emitter.emit('sum', node.attributes, [x]);
    const sum = backward ? normalization.sum(backward) : normalization.sumOfInput(forward!);
    return node.attributes.keepDims ? emitter.emit('reshape', { shape: node.shape }, [sum]) : sum;
  },
  reduceMax: ({ attributes }, args, { emitter }) => emitter.emit('largest', attributes, args),
  argMax: ({ attributes }, args, { emitter }) => emitter.emit('argMax', attributes, args),

  reshape: shaped('reshape'),
  transpose: ({ attributes }, args, { emitter }) => emitter.emit('transpose', attributes, args),
  broadcast: shaped('broadcast'),
  slice: ({ shape, attributes: { begin } }, args, { emitter }) => emitter.emit('slice', { begin, shape }, args),
  pad: ({ attributes }, args, { emitter }) => emitter.emit('pad', attributes, args),
  concat: ({ attributes }, args, { emitter }) => emitter.emit('concat', attributes, args),
  oneHot: ({ attributes }, args, { emitter }) => emitter.emit('oneHot', attributes, args),
  gatherRows: (_node, args, { emitter }) => emitter.emit('gatherRows', {}, args),
  scatterRows: shaped('scatterRows'),

  matmul: ({ attributes }, args, { emitter }) => emitter.emit('matmul', attributes, args),
  conv2d: ({ attributes }, args, { emitter }) => emitter.emit('convolution', attributes, args),
  conv2dInputGradient: convolutionGradient,
  conv2dKernelGradient: convolutionGradient,

  maxPool: ({ attributes }, args, { emitter }) => emitter.emitAll('maxPool', attributes, args, 2)[0],
  maxPoolGather: ({ attributes }, [x, t], { emitter }) => {
    const [, where] = emitter.emitAll('maxPool', attributes, [x], 2);
    return emitter.emit('maxPoolGather', attributes, [t, where]);
  },
  maxPoolScatter: ({ attributes }, [x, y], { emitter }) => {
    const [, where] = emitter.emitAll('maxPool', attributes, [x], 2);
    return emitter.emit('maxPoolScatter', attributes, [x, y, where]);
  },
  averagePool: ({ args: [x], attributes }, args, { emitter }) =>
    emitter.emit('averagePool', { ...attributes, x: x.shape }, args),
  averagePoolGradient: ({ shape, attributes }, args, { emitter }) =>
    emitter.emit('averagePoolGradient', { ...attributes, x: shape }, args),

  batchNorm: (node, _args, { normalization }) => normalization.batchNorm(node),
  batchNormGradient: (node, _args, { normalization }) => normalization.gradient(node),
  batchNormGammaGradient: (node, _args, { normalization }) => normalization.gammaGradient(node),
  inverseDeviation: (node, _args, { normalization }) => normalization.inverseDeviation(node),
};
