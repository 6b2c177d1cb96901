/** A program as it travels to Python. */
import type { Program } from '../../graph/types';
import type { Origin } from './instructions';
import { lowerProgram } from './lower';
import type { ProgramMessage } from './messages';
import type { Mode } from './options';

/** JSON has no infinities and no NaN. */
function writable<T>(value: T): T | string {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The header of a program, the values of its literals, and the names of its inputs and outputs in their order. */
export function programMessage(program: Program, mode: Mode) {
  const { inputs, outputs, literals, scalars, instructions } = lowerProgram(program);
  const origins: Origin[] = [];
  const indices = new Map<string, number>();
  const indexOf = (origin: Origin): number => {
    const key = `${origin.operation} ${origin.layer ?? ''}`;
    const known = indices.get(key);
    if (known !== undefined) return known;
    indices.set(key, origins.length);
    return origins.push(origin) - 1;
  };
  const message: ProgramMessage = {
    name: program.name,
    mode,
    inputs: inputs.map(({ register, isKernel }) => ({ register, isKernel })),
    outputs: outputs.map(({ register }) => register),
    literals: literals.map(({ register, shape, dtype }) => ({
      register,
      shape,
      dtype: dtype === 'int32' ? dtype : 'float64',
    })),
    scalars: scalars.map(({ register, value }) => ({ register, value: writable(value) })),
    instructions: instructions.map(({ call, attributes, inputs, outputs, frees, origin }) => {
      const written = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, writable(value)]));
      return [call, written as typeof attributes, inputs, outputs, frees, indexOf(origin)] as const;
    }),
    origins,
  };
  const values = literals.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { message, values, inputs: inputs.map(({ name }) => name), outputs };
}
