/**
 * The form a program takes before it runs: calls over numbered registers, each written once. Plain data, so that lowering and
 * fusion are pure functions that need no Python; `python/prunelens_torch/code.py` has the code of each call.
 */
import type { ConvolutionGeometry, PoolingGeometry } from '../../graph/types';
import type { DType, Shape } from '../../protocol/tensor';
import type { Register } from '../lifetimes';

type None = Record<never, never>;
type Pool = PoolingGeometry;

/** Every call with its attributes. Images are NHWC and kernels HWIO in shape; strides carry the layout in memory. */
export interface Calls {
  negate: None;
  exp: None;
  log: None;
  sqrt: None;
  tanh: None;
  sigmoid: None;
  softplus: None;
  erf: None;
  abs: None;
  sign: None;
  relu: None;
  /** x -> its sum over the processes that compute together. */
  deviceSum: None;
  /** relu in the memory of its argument, which nobody reads afterwards. */
  reluInPlace: None;
  add: None;
  subtract: None;
  multiply: None;
  divide: None;
  maximum: None;
  /** Here either of x and relu(x) serves as the first argument. */
  gate: None;
  greater: None;
  equal: None;
  /** (a, b) -> a + factor * b. */
  addScaled: { readonly factor: number };
  /** (a, b, c) -> a + sign * b * c, with a scalar tensor c. */
  addProduct: { readonly sign: 1 | -1 };
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  largest: { readonly axes: readonly number[]; readonly keepDims: boolean };
  argMax: { readonly axis: number };
  /** Every element equals `value`. */
  fill: { readonly shape: Shape; readonly value: number };
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcast: { readonly shape: Shape };
  slice: { readonly begin: readonly number[]; readonly shape: Shape };
  pad: { readonly before: readonly number[]; readonly after: readonly number[] };
  concat: { readonly axis: number };
  oneHot: { readonly depth: number };
  gatherRows: None;
  scatterRows: { readonly shape: Shape };
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  convolution: ConvolutionGeometry;
  /** (y, kernel) -> x. */
  inputGradient: ConvolutionGeometry & { readonly shape: Shape };
  /** (x, y) -> kernel. */
  kernelGradient: ConvolutionGeometry & { readonly shape: Shape };
  /** (x, kernel, y) -> gradients by x and by the kernel. */
  bothGradients: ConvolutionGeometry;
  /** x -> its windows' maxima, and where they are. */
  maxPool: Pool;
  /** (t, where) -> t there. */
  maxPoolGather: Pool;
  /** (x, y, where) -> y added there. */
  maxPoolScatter: Pool;
  averagePool: Pool & { readonly x: Shape };
  averagePoolGradient: Pool & { readonly x: Shape };
  /** (x, gamma, beta) -> normalized, mean, inverse deviation. */
  normalize: { readonly epsilon: number };
  /** (x, gamma, beta, mean, inverse deviation) -> normalized. */
  applyNormalization: None;
  /** (x, gamma, y, mean, inverse deviation) -> gradients by x (where wanted), by gamma and by beta. */
  normalizationGradient: { readonly epsilon: number; readonly wantsInput: boolean };
  /** (x, gamma, y, mean, inverse deviation, gradients by gamma and by beta) -> gradient by x: for a further gamma. */
  furtherNormalizationGradient: None;
  /**
   * A pointwise call for each of many tensors. Inputs: for each of the call's, one register where it is shared, else `count`.
   */
  each: {
    readonly call: EachCall;
    readonly attributes: object;
    readonly shared: readonly boolean[];
    readonly count: number;
  };
}

/** Calls that are done for many tensors at once. */
export type EachCall =
  | 'negate'
  | 'abs'
  | 'sqrt'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'maximum'
  | 'addScaled'
  | 'addProduct';

export type CallName = keyof Calls;

/** Where a call comes from, for messages: the operation, and the layer where it is known. */
export interface Origin {
  readonly operation: string;
  readonly layer?: string;
}

export interface Instruction {
  readonly call: CallName;
  readonly attributes: Calls[CallName];
  readonly inputs: readonly Register[];
  readonly outputs: readonly Register[];
  readonly origin: Origin;
}

/** A table of values known at compile time. */
export interface Literal {
  readonly register: Register;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float64Array | Int32Array;
}

/** A number that stands in a call as it is. Only pointwise calls of two arguments take it. */
export interface Scalar {
  readonly register: Register;
  readonly value: number;
}

/** Collects the instructions of a program. Equal calls on equal inputs are emitted once. */
export interface Emitter {
  readonly instructions: readonly Instruction[];
  readonly literals: readonly Literal[];
  readonly scalars: readonly Scalar[];
  /** A register filled from outside. */
  reserve(): Register;
  /** Emits a call and gives the registers of its outputs. */
  emitAll<K extends CallName>(
    call: K,
    attributes: Calls[K],
    inputs: readonly Register[],
    outputs: number,
  ): readonly Register[];
  /** Emits a call with one output. */
  emit<K extends CallName>(call: K, attributes: Calls[K], inputs: readonly Register[]): Register;
  literal(shape: Shape, dtype: DType, data: Float64Array | Int32Array): Register;
  scalar(value: number): Register;
}

/** A new, empty emitter; `origin` tells what is being lowered. */
export function createEmitter(origin: () => Origin): Emitter {
  const instructions: Instruction[] = [];
  const literals: Literal[] = [];
  const scalars: Scalar[] = [];
  const known = new Map<string, readonly Register[]>();
  let count = 0;
  const reserve = () => count++;

  function emitAll<K extends CallName>(call: K, attributes: Calls[K], inputs: readonly Register[], outputs: number) {
    const key = `${call} ${JSON.stringify(attributes)} ${inputs}`;
    const same = known.get(key);
    if (same) return same;
    const registers = Array.from({ length: outputs }, reserve);
    instructions.push({ call, attributes, inputs, outputs: registers, origin: origin() });
    known.set(key, registers);
    return registers;
  }

  return {
    instructions,
    literals,
    scalars,
    reserve,
    emitAll,
    emit: (call, attributes, inputs) => emitAll(call, attributes, inputs, 1)[0],
    literal(shape, dtype, data) {
      const register = reserve();
      literals.push({ register, shape, dtype, data });
      return register;
    },
    scalar(value) {
      const same = scalars.find((scalar) => Object.is(scalar.value, value));
      if (same) return same.register;
      const register = reserve();
      scalars.push({ register, value });
      return register;
    },
  };
}
