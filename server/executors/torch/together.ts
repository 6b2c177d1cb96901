/**
 * Equal calls over many tensors as one call: an optimizer takes the same few steps for each parameter, and a GPU starts one kernel
 * for all of them.
 */
import { equalShapes } from '../../graph/shapes';
import { type Shape, sizeOf } from '../../protocol/tensor';
import type { Register } from '../lifetimes';
import type { CallName, EachCall, Instruction } from './instructions';

/** Calls over tensors of one shape, which are done for many at once. */
const POINTWISE: ReadonlySet<CallName> = new Set<EachCall>([
  'negate',
  'abs',
  'sqrt',
  'add',
  'subtract',
  'multiply',
  'divide',
  'maximum',
  'addScaled',
  'addProduct',
]);

/** Calls that are worth waiting for: what such a call needs is computed before all that none needs. */
const HEAVY: ReadonlySet<CallName> = new Set<CallName>([
  'deviceSum',
  'matmul',
  'convolution',
  'inputGradient',
  'kernelGradient',
  'bothGradients',
  'maxPool',
  'maxPoolGather',
  'maxPoolScatter',
  'averagePool',
  'averagePoolGradient',
  'normalize',
  'applyNormalization',
  'normalizationGradient',
  'furtherNormalizationGradient',
]);

/** Fewer are left as they are. */
const FEWEST = 4;

export interface Known {
  /** Shapes of the registers that are float32, as far as they are known. */
  readonly shapes: ReadonlyMap<Register, Shape>;
  /** Registers that are numbers in the code. */
  readonly scalars: ReadonlySet<Register>;
  readonly results: readonly Register[];
}

/**
 * The same instructions, those at the end that no heavy call depends on in another order, and with equal ones in one. The last are
 * taken by how many calls follow them, so that chains of different beginnings, such as those of masked and of other parameters,
 * run in step; two of one level never depend on each other.
 */
export function withEqualCallsTogether(instructions: readonly Instruction[], known: Known): readonly Instruction[] {
  const levels = tailLevels(instructions, known);
  const levelOf = (instruction: Instruction) => levels.get(instruction)!;
  const body = instructions.filter((instruction) => !levels.has(instruction));
  const tail = instructions.filter((instruction) => levels.has(instruction));
  const groups = new Map<unknown, Instruction[]>();
  for (const instruction of tail) {
    const pattern = patternOf(instruction, known);
    const key = pattern === undefined ? instruction : `${levelOf(instruction)} ${pattern}`;
    groups.set(key, [...(groups.get(key) ?? []), instruction]);
  }
  if ([...groups.values()].every((group) => group.length < FEWEST)) return instructions;
  const ordered = [...groups.values()].toSorted(([a], [b]) => levelOf(b) - levelOf(a));
  return [...body, ...ordered.flatMap((group) => (group.length < FEWEST ? group : [joined(group, known)]))];
}

/** How many calls follow each instruction that no heavy call depends on. */
function tailLevels(
  instructions: readonly Instruction[],
  { shapes, results }: Known,
): ReadonlyMap<Instruction, number> {
  const sizeOfRegister = (register: Register) => sizeOf(shapes.get(register) ?? []);
  // What is larger than all results is an activation, and is not to be kept until the end.
  const largest = Math.max(0, ...results.map(sizeOfRegister));
  const levels = new Map<Instruction, number>();
  /** Of the users of a register; infinite where a heavy call depends on it. */
  const needed = new Map<Register, number>();
  for (const instruction of [...instructions].reverse()) {
    const { call, inputs, outputs } = instruction;
    const isLarge = [...inputs, ...outputs].some((register) => sizeOfRegister(register) > largest);
    const level =
      HEAVY.has(call) || isLarge ? Infinity : 1 + Math.max(0, ...outputs.map((one) => needed.get(one) ?? 0));
    for (const register of inputs) needed.set(register, Math.max(needed.get(register) ?? 0, level));
    if (level < Infinity) levels.set(instruction, level);
  }
  return levels;
}

/** Whether an input of a call is one for all: a number, or a scalar tensor. */
function isShared(register: Register, shape: Shape, { shapes, scalars }: Known): boolean {
  return scalars.has(register) || (shape.length > 0 && shapes.get(register)?.length === 0);
}

/** What calls that can be joined have in common; undefined for a call that cannot. */
function patternOf({ call, attributes, inputs, outputs }: Instruction, known: Known): string | undefined {
  const { shapes, scalars } = known;
  const shape = shapes.get(outputs[0]);
  if (!POINTWISE.has(call) || !shape || shape.length === 0) return undefined;
  const own = inputs.filter((register) => !isShared(register, shape, known));
  const fits = own.length > 0 && own.every((one) => shapes.has(one) && equalShapes(shapes.get(one)!, shape));
  if (!fits) return undefined;
  const parts = inputs.map((register) => (own.includes(register) ? 'own' : register));
  // PyTorch has these only for numbers behind the tensors, and scalar tensors for products only.
  const isTensor = inputs.some((register) => !own.includes(register) && !scalars.has(register));
  if (isTensor && !['multiply', 'divide', 'addProduct'].includes(call)) return undefined;
  if (parts[0] !== 'own' && (isTensor || call === 'subtract')) return undefined;
  return `${call} ${JSON.stringify(attributes)} ${parts}`;
}

function joined(group: readonly Instruction[], known: Known): Instruction {
  const [{ call, attributes, inputs, outputs, origin }] = group;
  const shape = known.shapes.get(outputs[0])!;
  const shared = inputs.map((register) => isShared(register, shape, known));
  return {
    call: 'each',
    attributes: { call: call as EachCall, attributes, shared, count: group.length },
    inputs: inputs.flatMap((register, i) => (shared[i] ? [register] : group.map((one) => one.inputs[i]))),
    outputs: group.flatMap((one) => one.outputs),
    origin: { operation: origin.operation },
  };
}
