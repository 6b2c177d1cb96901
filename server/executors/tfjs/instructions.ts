/**
 * The form a program takes before it runs: TensorFlow ops over numbered registers, each written once. Plain data, so
 * lowering, dead-code removal and lifetimes are pure functions that need no TensorFlow.
 */
import type { DType, HostTensor, Shape } from '../../protocol/tensor';
import type { Register } from '../lifetimes';

export type { Register };

/** An attribute of a TensorFlow op. */
export type Attribute =
  | { readonly kind: 'type'; readonly value: DType | 'bool' }
  | { readonly kind: 'int'; readonly value: number | readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string };

export type Attributes = { readonly [name: string]: Attribute };

/** One call of a TensorFlow op. */
export interface Instruction {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Register[];
  readonly outputs: readonly Register[];
}

/** A value known at compile time; it is uploaded once. */
export interface ConstantRegister {
  readonly register: Register;
  readonly value: HostTensor;
}

export const intAttribute = (value: number | readonly number[]): Attribute => ({ kind: 'int', value });
export const floatAttribute = (value: number): Attribute => ({ kind: 'float', value });
export const boolAttribute = (value: boolean): Attribute => ({ kind: 'bool', value });
export const stringAttribute = (value: string): Attribute => ({ kind: 'string', value });
export const typeAttribute = (value: DType | 'bool'): Attribute => ({ kind: 'type', value });

/** Attributes of an op over a list of float32 tensors, whose length and dtype TensorFlow does not infer. */
export const floatListAttributes = (length: number): Attributes => ({
  N: intAttribute(length),
  T: typeAttribute('float32'),
});

/** Collects the instructions of a program. Equal calls on equal inputs are emitted once. */
export interface Emitter {
  readonly instructions: readonly Instruction[];
  readonly constants: readonly ConstantRegister[];
  /** A register filled from outside. */
  reserve(): Register;
  /** Emits a call and gives the registers of its outputs. */
  emitAll(op: string, attributes: Attributes, inputs: readonly Register[], outputs: number): readonly Register[];
  /** Emits a call with one output. */
  emit(op: string, attributes: Attributes, inputs: readonly Register[]): Register;
  /** A tensor of its own with the value of `source`. */
  copy(source: Register): Register;
  scalar(value: number): Register;
  integer(value: number): Register;
  /** A vector of int32, as shapes, axes and paddings are. */
  integers(values: readonly number[]): Register;
  floats(values: ArrayLike<number>, shape: Shape): Register;
  integerTable(values: ArrayLike<number>, shape: Shape): Register;
}

/** A new, empty emitter. */
export function createEmitter(): Emitter {
  const instructions: Instruction[] = [];
  const constants: ConstantRegister[] = [];
  const known = new Map<string, readonly Register[]>();
  let count = 0;
  const reserve = () => count++;

  function emitAll(op: string, attributes: Attributes, inputs: readonly Register[], outputs: number) {
    const key = `${op} ${JSON.stringify(attributes)} ${inputs}`;
    const same = known.get(key);
    if (same) return same;
    const registers = Array.from({ length: outputs }, reserve);
    instructions.push({ op, attributes, inputs, outputs: registers });
    known.set(key, registers);
    return registers;
  }

  function constant(value: HostTensor): Register {
    // Only small ones repeat (shapes, axes, factors); comparing tables of values would cost more than it saves.
    const key = value.data.length <= 16 ? `${value.dtype} ${value.shape} ${value.data}` : undefined;
    const same = key === undefined ? undefined : known.get(key);
    if (same) return same[0];
    const register = reserve();
    constants.push({ register, value });
    if (key !== undefined) known.set(key, [register]);
    return register;
  }

  const floats = (values: ArrayLike<number>, shape: Shape) =>
    constant({ shape, dtype: 'float32', data: Float32Array.from(values) });
  const integerTable = (values: ArrayLike<number>, shape: Shape) =>
    constant({ shape, dtype: 'int32', data: Int32Array.from(values) });

  return {
    instructions,
    constants,
    reserve,
    emitAll,
    emit: (op, attributes, inputs) => emitAll(op, attributes, inputs, 1)[0],
    copy(source) {
      const register = reserve();
      instructions.push({ op: 'Identity', attributes: {}, inputs: [source], outputs: [register] });
      return register;
    },
    scalar: (value) => floats([value], []),
    integer: (value) => integerTable([value], []),
    integers: (values) => integerTable(values, [values.length]),
    floats,
    integerTable,
  };
}
