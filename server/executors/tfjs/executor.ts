/** Runs lowered programs through tfjs-node's native module. */
import { equalShapes, formatShape } from '../../graph/shapes';
import type { Program } from '../../graph/types';
import { UserError } from '../../protocol/errors';
import type { DType, HostTensor, Shape } from '../../protocol/tensor';
import type { DeviceTensor, Executable, Executor } from '../types';
import { describeDevice, type NativeAttribute, type TensorflowBinding } from './binding';
import type { Attribute, Attributes } from './instructions';
import { lowerProgram } from './lower';

/** The executor over a loaded native module. */
export function createExecutorOver(binding: TensorflowBinding): Executor {
  const tensors = createTensorStore(binding);
  return {
    backend: 'tensorflow',
    device: describeDevice(binding),
    compile: async (program) => compile(program, binding, tensors),
    upload: (tensor) => tensors.wrap(uploadValues(binding, tensor), tensor.shape, tensor.dtype),
    async dispose() {
      tensors.disposeAll();
    },
  };
}

/** The tensors an executor has given out. */
interface TensorStore {
  wrap(id: number, shape: Shape, dtype: DType): DeviceTensor;
  /** TensorFlow's number of a tensor of this executor; throws for others and for disposed ones. */
  idOf(tensor: DeviceTensor): number;
  disposeAll(): void;
}

function createTensorStore(binding: TensorflowBinding): TensorStore {
  const ids = new Map<DeviceTensor, number>();

  function idOf(tensor: DeviceTensor): number {
    const id = ids.get(tensor);
    if (id === undefined) throw new Error('a tensor was used that is disposed or was made by another executor');
    return id;
  }

  return {
    wrap(id, shape, dtype) {
      const tensor: DeviceTensor = {
        shape,
        dtype,
        async read() {
          return { shape, dtype, data: binding.tensorDataSync(idOf(tensor)) };
        },
        dispose() {
          binding.deleteTensor(idOf(tensor));
          ids.delete(tensor);
        },
      };
      ids.set(tensor, id);
      return tensor;
    },
    idOf,
    disposeAll() {
      for (const id of ids.values()) binding.deleteTensor(id);
      ids.clear();
    },
  };
}

/** Copies values to TensorFlow. The copy made here matters: TensorFlow may go on using the array it is given. */
function uploadValues(binding: TensorflowBinding, { shape, dtype, data }: HostTensor): number {
  return dtype === 'int32'
    ? binding.createTensor(shape, binding.TF_INT32, Int32Array.from(data))
    : binding.createTensor(shape, binding.TF_FLOAT, Float32Array.from(data));
}

/** An instruction as the native module takes it, prepared once. */
interface NativeInstruction {
  readonly op: string;
  readonly attributes: readonly NativeAttribute[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly frees: readonly number[];
}

function compile(program: Program, binding: TensorflowBinding, tensors: TensorStore): Executable {
  const lowered = lowerProgram(program);
  const instructions: readonly NativeInstruction[] = lowered.instructions.map((instruction) => ({
    ...instruction,
    attributes: nativeAttributes(binding, instruction.attributes),
  }));
  const expected = new Map(program.inputs.map((node) => [node.attributes.name, node]));
  const constants = lowered.constants.map(({ register, value }) => ({ register, id: uploadValues(binding, value) }));

  return {
    program,
    async run(inputs) {
      for (const name of Object.keys(inputs)) {
        if (!expected.has(name)) throw new Error(`program ${program.name} has no input ${name}`);
      }
      const values: number[] = [];
      for (const { register, id } of constants) values[register] = id;
      for (const { name, register } of lowered.inputs) {
        values[register] = idOfInput(program, expected.get(name)!, inputs[name], tensors);
      }
      execute(program, binding, instructions, values);
      return Object.fromEntries(
        lowered.outputs.map(({ name, register, node }) => [
          name,
          tensors.wrap(values[register], node.shape, node.dtype),
        ]),
      );
    },
    async dispose() {
      for (const { id } of constants.splice(0)) binding.deleteTensor(id);
    },
  };
}

function idOfInput(
  program: Program,
  node: Program['inputs'][number],
  tensor: DeviceTensor | undefined,
  tensors: TensorStore,
): number {
  const place = `input ${node.attributes.name} of program ${program.name}`;
  if (!tensor) throw new Error(`${place} is missing`);
  if (tensor.dtype !== node.dtype || !equalShapes(tensor.shape, node.shape)) {
    const given = `${tensor.dtype} ${formatShape(tensor.shape)}`;
    throw new Error(`${place} is ${given}, not ${node.dtype} ${formatShape(node.shape)}`);
  }
  return tensors.idOf(tensor);
}

/** Runs the instructions, adding what they write to `values` and deleting each value after its last use. */
function execute(
  program: Program,
  binding: TensorflowBinding,
  instructions: readonly NativeInstruction[],
  values: number[],
): void {
  const written = new Set<number>();
  try {
    for (const { op, attributes, inputs, outputs, frees } of instructions) {
      const ids = inputs.map((register) => values[register]);
      const results = binding.executeOp(op, attributes, ids, outputs.length);
      for (let i = 0; i < outputs.length; i++) {
        values[outputs[i]] = results[i].id;
        written.add(outputs[i]);
      }
      for (const register of frees) {
        binding.deleteTensor(values[register]);
        written.delete(register);
      }
    }
  } catch (error) {
    for (const register of written) binding.deleteTensor(values[register]);
    throw outOfMemory(program, error) ?? error;
  }
}

function outOfMemory(program: Program, error: unknown): UserError | undefined {
  const message = error instanceof Error ? error.message : '';
  if (!/OOM|RESOURCE_EXHAUSTED|failed to allocate/i.test(message)) return undefined;
  return new UserError(`TensorFlow ran out of memory in ${program.name}.`, {
    hint: 'Choose a smaller batch size or another backend.',
  });
}

function nativeAttributes(binding: TensorflowBinding, attributes: Attributes): readonly NativeAttribute[] {
  return Object.entries(attributes).map(([name, attribute]) => ({ name, ...nativeValue(binding, attribute) }));
}

function nativeValue(binding: TensorflowBinding, attribute: Attribute): Pick<NativeAttribute, 'type' | 'value'> {
  switch (attribute.kind) {
    case 'type': {
      const types = { float32: binding.TF_FLOAT, int32: binding.TF_INT32, bool: binding.TF_BOOL };
      return { type: binding.TF_ATTR_TYPE, value: types[attribute.value] };
    }
    case 'int':
      return { type: binding.TF_ATTR_INT, value: attribute.value };
    case 'float':
      return { type: binding.TF_ATTR_FLOAT, value: attribute.value };
    case 'bool':
      return { type: binding.TF_ATTR_BOOL, value: attribute.value };
    case 'string':
      return { type: binding.TF_ATTR_STRING, value: attribute.value };
  }
}
