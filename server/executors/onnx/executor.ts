/** Runs programs with ONNX Runtime; state stays in the executor between runs. */
import { availableParallelism } from 'node:os';
import type { Tensor } from 'onnxruntime-node';
import { createBuilder } from '../../graph/builder';
import { createProgram } from '../../graph/program';
import type { Program } from '../../graph/types';
import { type DType, type HostTensor, type Shape, sizeOf } from '../../protocol/tensor';
import type { DeviceTensor, Executable, Executor } from '../types';
import { createBufferPool } from './bufferPool';
import { deviceName, requireProvider } from './probe';
import { blockSize, type CompiledSession, compileSession, loadRuntime, type OnnxProvider, runError } from './session';
import { allocate, gpuTensor, hostCopy, hostTensor, type OnnxTensor, valuesOf } from './tensors';

export interface OnnxOptions {
  readonly provider: OnnxProvider;
  /** Threads of an operation on the CPU; as many as the machine runs at once when absent. */
  readonly threads?: number;
}

/** Unused buffers that are kept for later runs, in bytes. */
const POOL_LIMIT = 2 ** 30;

/**
 * An executor on ONNX Runtime. On WebGPU the outputs of a run stay on the GPU; elsewhere they are in buffers of the
 * host that are used again once disposed of.
 * @throws a UserError where ONNX Runtime or the provider cannot be used here.
 */
export async function createOnnxExecutor({ provider, threads }: OnnxOptions): Promise<Executor> {
  const runtime = await loadRuntime();
  await requireProvider(runtime, provider);
  const block = await blockSize(runtime, provider);
  const settings = { provider, threads: threads ?? availableParallelism(), block };
  const onGpu = provider === 'webgpu';
  const pool = createBufferPool(POOL_LIMIT);
  const copies = new Map<string, Promise<CompiledSession>>();

  /** Copies a tensor on the GPU through a program whose output is on the host (ONNX Runtime for Node has no other way). */
  async function readGpu(tensor: Tensor, dtype: DType, shape: Shape): Promise<HostTensor> {
    const key = `${dtype}[${shape}]`;
    const program = identityProgram(dtype, shape);
    const compiled = copies.get(key) ?? compileSession(runtime, program, { ...settings, outputsOnDevice: false });
    copies.set(key, compiled);
    const { session, inputs, outputs } = await compiled;
    const results = await session.run({ [inputs.x]: tensor });
    return hostCopy(results[outputs.x], dtype, shape);
  }

  const hold = (tensor: Tensor, dtype: DType, shape: Shape): OnnxTensor =>
    tensor.location === 'gpu-buffer'
      ? gpuTensor(tensor, dtype, shape, (live) => readGpu(live, dtype, shape))
      : hostTensor(tensor, dtype, shape, pool);

  async function compile(program: Program): Promise<Executable> {
    if (Object.keys(program.outputs).length === 0) return emptyExecutable(program);
    const { session, inputs, outputs } = await compileSession(runtime, program, {
      ...settings,
      outputsOnDevice: onGpu,
    });
    const results = Object.entries(program.outputs);
    return {
      program,
      run: async (given) => {
        const feeds = feedsOf(program, inputs, given);
        const fetches = results.map(
          ([name, { dtype, shape }]) => [outputs[name], onGpu ? null : allocate(runtime, pool, dtype, shape)] as const,
        );
        try {
          const fetched = await session.run(feeds, Object.fromEntries(fetches));
          return Object.fromEntries(
            results.map(([name, { dtype, shape }]) => [name, hold(fetched[outputs[name]], dtype, shape)]),
          );
        } catch (error) {
          throw runError(program, provider, error);
        }
      },
      dispose: () => session.release(),
    };
  }

  return {
    backend: provider,
    device: deviceName(provider, settings.threads),
    compile,
    upload: ({ dtype, shape, data }) => {
      if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for a tensor of shape [${shape}]`);
      const tensor = allocate(runtime, pool, dtype, shape);
      valuesOf(tensor).set(data);
      return hold(tensor, dtype, shape);
    },
    dispose: async () => {
      pool.clear();
      for (const compiled of copies.values()) await (await compiled).session.release();
      copies.clear();
    },
  };
}

/** ONNX Runtime wants a model to have an output. */
function emptyExecutable(program: Program): Executable {
  return { program, run: async () => ({}), dispose: async () => {} };
}

function identityProgram(dtype: DType, shape: Shape): Program {
  return createProgram('read', { x: createBuilder().input('x', shape, dtype) });
}

/** The tensors to feed by their names in the model. Throws an Error where they are not what the program takes. */
function feedsOf(
  program: Program,
  names: { readonly [name: string]: string },
  given: { readonly [name: string]: DeviceTensor },
): { [name: string]: Tensor } {
  const unknown = Object.keys(given).find((name) => !(name in names));
  if (unknown !== undefined) throw new Error(`program ${program.name} has no input ${unknown}`);
  return Object.fromEntries(
    program.inputs.map(({ attributes: { name }, dtype, shape }) => {
      const value = given[name] as OnnxTensor | undefined;
      if (!value) throw new Error(`program ${program.name}: input ${name} is missing`);
      if (value.dtype !== dtype || value.shape.join() !== shape.join()) {
        throw new Error(
          `program ${program.name}: input ${name} is ${value.dtype} [${value.shape}], not ${dtype} [${shape}]`,
        );
      }
      return [names[name], value.tensor()];
    }),
  );
}
