/** ONNX Runtime sessions: loading the library, options of each provider, and its errors in words. */
import type { InferenceSession } from 'onnxruntime-node';
import type { Program } from '../../graph/types';
import { UserError } from '../../protocol/errors';
import { encodeModel } from './encode';
import { lowerProgram } from './lower';

export type OnnxRuntime = typeof import('onnxruntime-node');

/** Execution providers as `--backend` names them. */
export type OnnxProvider = 'cpu' | 'webgpu' | 'cuda' | 'directml' | 'coreml';

/** Names that ONNX Runtime gives them. */
const PROVIDER_NAMES: { readonly [K in OnnxProvider]: string } = {
  cpu: 'cpu',
  webgpu: 'webgpu',
  cuda: 'cuda',
  directml: 'dml',
  coreml: 'coreml',
};

export const runtimeName = (provider: OnnxProvider): string => PROVIDER_NAMES[provider];

/** Only errors and worse: ONNX Runtime warns of every node that it leaves to the CPU. */
const LOG_ERRORS = 3;
const LOG_NOTHING = 4;

/** The library. Throws a UserError where it is missing or does not load. */
export async function loadRuntime(): Promise<OnnxRuntime> {
  try {
    const loaded = await import('onnxruntime-node');
    const runtime = 'InferenceSession' in loaded ? loaded : (loaded as { default: OnnxRuntime }).default;
    runtime.env.logLevel = 'error';
    return runtime;
  } catch (error) {
    throw new UserError(`ONNX Runtime does not load on ${process.platform} ${process.arch}: ${messageOf(error)}`, {
      hint: 'Install the package again with `npm ci`; it ships binaries for Linux, macOS (arm64) and Windows.',
    });
  }
}

/** A session with the names under which a program's inputs and outputs are fed and fetched. */
export interface CompiledSession {
  readonly session: InferenceSession;
  readonly inputs: { readonly [name: string]: string };
  readonly outputs: { readonly [name: string]: string };
}

export interface SessionSettings {
  readonly provider: OnnxProvider;
  readonly threads: number;
  /** Channels in a block of the CPU provider's blocked convolution; 0 where there is none. */
  readonly block: number;
  /** Leave outputs on the GPU (the WebGPU provider only). */
  readonly outputsOnDevice: boolean;
}

/** Compiles a program. Throws a UserError naming the program where ONNX Runtime refuses it. */
export async function compileSession(
  runtime: OnnxRuntime,
  program: Program,
  settings: SessionSettings,
): Promise<CompiledSession> {
  const { model, inputs, outputs } = lowerProgram(program, { cpu: settings.provider === 'cpu', block: settings.block });
  try {
    const session = await runtime.InferenceSession.create(encodeModel(model), sessionOptions(settings));
    return { session, inputs, outputs };
  } catch (error) {
    throw new UserError(`ONNX Runtime (${settings.provider}) cannot compile ${program.name}: ${messageOf(error)}`);
  }
}

/**
 * The number of channels that ONNX Runtime's blocked convolution takes at a time on this machine, 0 where it has none:
 * what its reordering operator makes of a single group of channels.
 */
export async function blockSize(runtime: OnnxRuntime, provider: OnnxProvider): Promise<number> {
  if (provider !== 'cpu') return 0;
  const shape = [1, 4, 1, 1];
  const info = { type: 'float32', shape } as const;
  const model = encodeModel({
    name: 'block size',
    opsets: { '': 18, 'com.microsoft.nchwc': 1 },
    nodes: [
      {
        name: 'reorder',
        op: 'ReorderInput',
        domain: 'com.microsoft.nchwc',
        inputs: ['x'],
        outputs: ['y'],
        attributes: {},
      },
    ],
    initializers: [],
    inputs: [{ name: 'x', ...info }],
    outputs: [{ name: 'y', type: 'float32', shape: undefined }],
  });
  try {
    const session = await runtime.InferenceSession.create(model, {
      intraOpNumThreads: 1,
      logSeverityLevel: LOG_NOTHING,
    });
    const { y } = await session.run({ x: new runtime.Tensor('float32', new Float32Array(4), shape) });
    await session.release();
    return y.dims[1] > 1 && y.dims[1] % 4 === 0 ? y.dims[1] : 0;
  } catch {
    return 0;
  }
}

function sessionOptions({ provider, threads, outputsOnDevice }: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: [PROVIDER_NAMES[provider]],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Planned memory takes almost twice as much as allocating when needed, and is not faster; DirectML forbids it.
    enableMemPattern: false,
    logSeverityLevel: LOG_ERRORS,
    ...(outputsOnDevice ? { preferredOutputLocation: 'gpu-buffer' as const } : {}),
  };
}

/** A failure of a run, naming the program and, where ONNX Runtime tells, the operation. */
export function runError(program: Program, provider: OnnxProvider, error: unknown): UserError {
  const message = messageOf(error);
  const node = /Name:'([^']*)'/.exec(message)?.[1];
  const operation = node ? ` in ${node.split('/')[0]}` : '';
  return new UserError(`ONNX Runtime (${provider}) failed to run ${program.name}${operation}: ${message}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
