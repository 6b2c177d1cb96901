/** Runs programs with ONNX Runtime; state stays in the executor between runs. */
import type { Tensor } from 'onnxruntime-node';
import { createBuilder } from '../../graph/builder';
import { createProgram } from '../../graph/program';
import type { Program } from '../../graph/types';
import { UserError } from '../../protocol/errors';
import { type DType, type Shape, sizeOf } from '../../protocol/tensor';
import { processorName, threadCount } from '../processor';
import type { DeviceTensor, Executable, Executor } from '../types';
import { createBufferPool } from './bufferPool';
import { probeOnnx } from './probe';
import { blockSize, type CompiledSession, compileSession, loadRuntime, type OnnxProvider, runError } from './session';
import { allocate, gpuTensor, hostCopy, hostTensor, movingTensor, type OnnxTensor, valuesOf } from './tensors';

export interface OnnxOptions {
  readonly provider: OnnxProvider;
  /** Threads of an operation on the CPU; `threadCount` when absent. */
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
  const found = await probeOnnx(provider);
  if (!found.available) throw new UserError(`the backend ${provider} cannot be used: ${found.reason}`);
  const block = await blockSize(runtime, provider);
  const settings = { provider, threads: threads ?? threadCount(), block };
  const onGpu = provider === 'webgpu';
  const pool = createBufferPool(POOL_LIMIT);
  const copies = new Map<string, Promise<CompiledSession>>();

  /** Runs the identity, whose output is on the device or the host: ONNX Runtime for Node has no other way to copy. */
  async function copy(tensor: Tensor, dtype: DType, shape: Shape, outputsOnDevice: boolean): Promise<Tensor> {
    const key = `${dtype}[${shape}] ${outputsOnDevice}`;
    const compiled =
      copies.get(key) ?? compileSession(runtime, identityProgram(dtype, shape), { ...settings, outputsOnDevice });
    copies.set(key, compiled);
    const { session, inputs, outputs } = await compiled;
    return (await session.run({ [inputs.x]: tensor }))[outputs.x];
  }

  const hold = (tensor: Tensor, dtype: DType, shape: Shape): OnnxTensor =>
    tensor.location === 'gpu-buffer'
      ? gpuTensor(tensor, dtype, shape, async (live) => hostCopy(await copy(live, dtype, shape, false), dtype, shape))
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
        const feeds = await feedsOf(program, inputs, given);
        const prepared = results.map(([, { dtype, shape }]) => (onGpu ? null : allocate(runtime, pool, dtype, shape)));
        const fetches = Object.fromEntries(results.map(([name], i) => [outputs[name], prepared[i]]));
        try {
          const fetched = await session.run(feeds, fetches);
          // Prepared tensors hold the results; what ONNX Runtime returns for them is one more copy, garbage at once.
          return Object.fromEntries(
            results.map(([name, { dtype, shape }], i) => [
              name,
              hold(prepared[i] ?? fetched[outputs[name]], dtype, shape),
            ]),
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
    device: provider === 'cpu' ? processorName(settings.threads) : found.device,
    compile,
    upload: ({ dtype, shape, data }) => {
      if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for a tensor of shape [${shape}]`);
      const tensor = allocate(runtime, pool, dtype, shape);
      valuesOf(tensor).set(data);
      const held = hold(tensor, dtype, shape);
      return onGpu
        ? movingTensor(held, async (live) => hold(await copy(live, dtype, shape, true), dtype, shape))
        : held;
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
  return createProgram('copy', { x: createBuilder().input('x', shape, dtype) });
}

/** The tensors to feed by their names in the model. Throws an Error where they are not what the program takes. */
async function feedsOf(
  program: Program,
  names: { readonly [name: string]: string },
  given: { readonly [name: string]: DeviceTensor },
): Promise<{ [name: string]: Tensor }> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) throw new Error(`program ${program.name} has no input ${unknown}`);
  const feeds: { [name: string]: Tensor } = {};
  for (const { attributes, dtype, shape } of program.inputs) {
    const { name } = attributes;
    const value = given[name] as OnnxTensor | undefined;
    if (!value) throw new Error(`program ${program.name}: input ${name} is missing`);
    if (value.dtype !== dtype || value.shape.join() !== shape.join()) {
      throw new Error(
        `program ${program.name}: input ${name} is ${value.dtype} [${value.shape}], not ${dtype} [${shape}]`,
      );
    }
    feeds[names[name]] = await value.feed();
  }
  return feeds;
}
