/** Executors of several devices as one, which gives each its part of what is split. */
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import { floatTensor, type HostTensor, type Shape, sizeOf } from '../protocol/tensor';
import type { BatchMoves, DeviceGroup, DeviceTensor, DropMask, ExampleTable, Executable, Executor } from './types';

/** What one device has of it. */
type Single = Omit<Executor, 'dispose' | 'group'>;

/** A tensor on each device. */
interface GroupTensor extends DeviceTensor {
  readonly parts: readonly DeviceTensor[];
}

const partsOf = (tensor: DeviceTensor): readonly DeviceTensor[] => {
  const { parts } = tensor as GroupTensor;
  if (!parts) throw new Error('a tensor of one device was used on several');
  return parts;
};

function together(parts: readonly DeviceTensor[]): GroupTensor {
  const [{ shape, dtype }] = parts;
  return {
    ...{ shape, dtype, parts },
    read: () => parts[0].read(),
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}

/** Part `index` of `count` of a tensor, cut along an axis whose extent they divide. */
export function partOfTensor(
  { shape, dtype, data }: HostTensor,
  axis: number,
  index: number,
  count: number,
): HostTensor {
  const extent = shape[axis] / count;
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const own = data.slice(0, data.length / count);
  for (let row = 0; row < outer; row++) {
    const start = (row * shape[axis] + index * extent) * inner;
    own.set(data.subarray(start, start + extent * inner), row * extent * inner);
  }
  return { shape: shape.with(axis, extent), dtype, data: own };
}

/** The examples of a batch that device `index` of `count` takes, with their moves. */
function partOfBatch(indices: Int32Array, moves: BatchMoves | undefined, index: number, count: number) {
  const size = indices.length / count;
  const cut = (values: Int32Array, each: number) => values.slice(index * size * each, (index + 1) * size * each);
  return { indices: cut(indices, 1), moves: moves && { ...moves, moves: cut(moves.moves, 3) } };
}

async function holdTogether(
  executors: readonly Single[],
  shape: Shape,
  dtype: HostTensor['dtype'],
): Promise<ExampleTable | undefined> {
  const tables = await Promise.all(executors.map((one) => one.hold!(shape, dtype)));
  const dispose = () => {
    for (const table of tables) table?.dispose();
  };
  if (!tables.every((table) => table !== undefined)) {
    dispose();
    return undefined;
  }
  return {
    async fill(first, values) {
      await Promise.all(tables.map((table) => table.fill(first, values)));
    },
    take(indices, batch, moves) {
      const own = batch.with(0, batch[0] / tables.length);
      const parts = tables.map((table, i) => {
        const part = partOfBatch(indices, moves, i, tables.length);
        return table.take(part.indices, own, part.moves);
      });
      return together(parts);
    },
    dispose,
  };
}

async function compileTogether(
  executors: readonly Single[],
  ...asked: Parameters<Executor['compile']>
): Promise<Executable> {
  const executables = await Promise.all(executors.map((one) => one.compile(...asked)));
  const [program] = asked;
  return {
    program,
    async run(inputs) {
      const entries = Object.entries(inputs).map(([name, tensor]) => [name, partsOf(tensor)] as const);
      const results = await Promise.all(
        executables.map((one, i) => one.run(Object.fromEntries(entries.map(([name, parts]) => [name, parts[i]])))),
      );
      const names = Object.keys(results[0]);
      return Object.fromEntries(names.map((name) => [name, together(results.map((result) => result[name]))]));
    },
    async dispose() {
      await Promise.all(executables.map((one) => one.dispose()));
    },
  };
}

/** @param executors Of one backend, one for each of the devices, whose programs run at the same time. */
export function createDeviceGroup(devices: readonly string[], executors: readonly Single[]): DeviceGroup {
  const [first] = executors;
  const { backend, device, computation, versions, hold, draw } = first;
  const count = executors.length;
  return {
    devices,
    executor: {
      ...{ backend, device, ...(computation && { computation }), ...(versions && { versions }) },
      compile: (...asked) => compileTogether(executors, ...asked),
      upload: (tensor) => together(executors.map((one) => one.upload(tensor))),
      ...(hold && { hold: (shape, dtype) => holdTogether(executors, shape, dtype) }),
      ...(draw && { draw: (mask: DropMask) => together(executors.map((one) => one.draw!(mask))) }),
    },
    uploadParts: (tensor, axis) =>
      together(executors.map((one, i) => one.upload(partOfTensor(tensor, axis, i, count)))),
    ...(draw && {
      drawParts(mask: DropMask) {
        const shape = mask.shape.with(0, mask.shape[0] / count);
        const size = sizeOf(shape);
        return together(executors.map((one, i) => one.draw!({ ...mask, shape, first: i * size })));
      },
    }),
    onFirst: (tensor) => partsOf(tensor)[0],
  };
}

/** What is wrong with the sum over the devices, as a clause; undefined where it is right. */
export async function testDeviceSum({ devices, executor }: DeviceGroup): Promise<string | undefined> {
  const b = createBuilder();
  const executable = await executor.compile(createProgram('sum over devices', { y: b.deviceSum(b.input('x', [2])) }));
  const x = executor.upload(floatTensor([2], Float32Array.of(1, 0.5)));
  const { y } = await executable.run({ x });
  const { data } = await y.read();
  for (const tensor of [x, y]) tensor.dispose();
  await executable.dispose();
  const count = devices.length;
  return data[0] === count && data[1] === count / 2 ? undefined : `the sum over ${count} devices is wrong`;
}
