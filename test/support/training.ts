/** Small training tasks for tests, and an executor that checks how its tensors are used. */
import { createReferenceExecutor } from '../../server/executors/reference';
import type { DeviceTensor, DropMask, ExampleTable, Executor } from '../../server/executors/types';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../server/models/types';
import type { Dataset, Split } from '../../server/protocol/data';
import type { DType, Shape } from '../../server/protocol/tensor';
import { sizeOf } from '../../server/protocol/tensor';
import type { Weights } from '../../server/pruning/types';
import { createRandom } from '../../server/random';
import { completeConfig, type TrainingOptions } from '../../server/training/config';
import type { TrainingTask } from '../../server/training/types';
import { chain } from './networks';

/** Classes as normal clouds around centres of their own: separable, but not at the first glance. */
export function cloudDataset(
  options: { shape?: Shape; classes?: number; train?: number; test?: number } = {},
): Dataset {
  const { shape = [5], classes = 3, train = 96, test = 31 } = options;
  const size = sizeOf(shape);
  const centres = new Float32Array(classes * size);
  createRandom(7, 'centres').fillNormal(centres, 0, 1);
  const split = (name: string, count: number): Split => {
    const values = new Float32Array(count * size);
    createRandom(7, name).fillNormal(values, 0, 0.5);
    const labels = Int32Array.from({ length: count }, (_, i) => (i * i + i) % classes);
    for (let i = 0; i < values.length; i++) values[i] += centres[labels[Math.floor(i / size)] * size + (i % size)];
    return {
      size: count,
      labels,
      read(indices, out) {
        for (let i = 0; i < indices.length; i++) {
          out.set(values.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
        }
      },
    };
  };
  return { name: 'clouds', shape, classes, train: split('train', train), test: split('test', test) };
}

/** Dense layers with batch norm, dropout and a penalty. */
export function denseNetwork(inputs = 5, classes = 3): Network {
  return createNetwork(
    chain(
      [inputs],
      ['fc1', 'Dense', { units: 6, activation: 'relu', kernelRegularizer: l2(1e-3) }],
      ['bn1', 'BatchNormalization', { momentum: 0.8 }],
      ['drop', 'Dropout', { rate: 0.25 }],
      ['fc2', 'Dense', { units: classes }],
    ),
  );
}

/** Two dense layers without any chance or state, for comparison with hand calculations. */
export function plainNetwork(inputs = 5, classes = 3): Network {
  return createNetwork(
    chain([inputs], ['fc1', 'Dense', { units: 4, activation: 'tanh' }], ['fc2', 'Dense', { units: classes }]),
  );
}

/** A convolution with batch norm on small images. */
export function imageNetwork(shape: Shape = [4, 4, 1], classes = 3): Network {
  return createNetwork(
    chain(
      shape,
      ['conv1', 'Conv2D', { filters: 2, kernelSize: 3, padding: 'same', useBias: false }],
      ['bn1', 'BatchNormalization'],
      ['act', 'Activation', { activation: 'relu' }],
      ['flat', 'Flatten'],
      ['fc', 'Dense', { units: classes }],
    ),
  );
}

function l2(value: number) {
  return { className: 'L1L2', config: { l1: 0, l2: value } };
}

export function initialWeights(network: Network, seed = 0): Weights {
  return new Map(network.parameters.map(({ name, initialize }) => [name, initialize(seed)]));
}

/** A mask for each prunable weight that keeps about `density` of it. */
export function randomMasks(network: Network, density: number, seed = 0): ReadonlyMap<string, Uint8Array> {
  const prunable = network.parameters.filter((parameter) => parameter.prunable);
  return new Map(
    prunable.map(({ name, shape }) => {
      const random = createRandom(seed, 'test mask', name);
      return [name, Uint8Array.from({ length: sizeOf(shape) }, () => (random.uniform() < density ? 1 : 0))];
    }),
  );
}

/** A task on the reference executor: 3 epochs of 6 steps, unless said otherwise. */
export function trainingTask(options: TrainingOptions = {}, rest: Partial<TrainingTask> = {}): TrainingTask {
  const network = rest.network ?? denseNetwork();
  return {
    network,
    weights: initialWeights(network),
    dataset: cloudDataset({ shape: network.inputs[0].shape }),
    executor: createReferenceExecutor(),
    config: completeConfig({ epochs: 3, batchSize: 16, ...options }),
    ...rest,
  };
}

export interface CountingExecutor extends Executor {
  /** Tensors and programs that were not disposed. */
  alive(): number;
}

/** A table whose batches are tracked. */
async function holdTracked(
  inner: Executor,
  track: (tensor: DeviceTensor) => DeviceTensor,
  shape: Shape,
  dtype: DType,
): Promise<ExampleTable | undefined> {
  const table = await inner.hold!(shape, dtype);
  return table && { ...table, take: (...asked) => track(table.take(...asked)) };
}

/** Wraps an executor: inputs that do not match the program, and tensors used or disposed twice, are errors. */
export function countingExecutor(inner: Executor): CountingExecutor {
  const tensors = new Map<DeviceTensor, DeviceTensor>();
  let programs = 0;
  const original = (tensor: DeviceTensor): DeviceTensor => {
    const found = tensors.get(tensor);
    if (!found) throw new Error('a tensor was used that is disposed or foreign');
    return found;
  };
  const track = (tensor: DeviceTensor): DeviceTensor => {
    const outer: DeviceTensor = {
      shape: tensor.shape,
      dtype: tensor.dtype,
      read: () => original(outer).read(),
      dispose() {
        original(outer).dispose();
        tensors.delete(outer);
      },
    };
    tensors.set(outer, tensor);
    return outer;
  };
  return {
    backend: inner.backend,
    device: inner.device,
    upload: (tensor) => track(inner.upload(tensor)),
    ...(inner.hold && { hold: (shape: Shape, dtype: DType) => holdTracked(inner, track, shape, dtype) }),
    ...(inner.draw && { draw: (mask: DropMask) => track(inner.draw!(mask)) }),
    async compile(program, purpose) {
      const executable = await inner.compile(program, purpose);
      programs++;
      const shapes = program.inputs.map(({ attributes, shape, dtype }) => `${attributes.name} ${dtype} ${shape}`);
      return {
        program,
        async run(inputs) {
          const given = Object.entries(inputs).map(([name, { shape, dtype }]) => `${name} ${dtype} ${shape}`);
          if (given.sort().join('\n') !== shapes.sort().join('\n')) throw new Error(`inputs ${given}, not ${shapes}`);
          const originals = Object.entries(inputs).map(([name, tensor]) => [name, original(tensor)]);
          const results = await executable.run(Object.fromEntries(originals));
          return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, track(tensor)]));
        },
        async dispose() {
          programs--;
          await executable.dispose();
        },
      };
    },
    dispose: () => inner.dispose(),
    alive: () => tensors.size + programs,
  };
}
