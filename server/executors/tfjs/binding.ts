/**
 * TensorFlow's C library as tfjs-node ships it. Only the package's native module is loaded, not tfjs itself: loading
 * the package would switch the backend of every tfjs in the process, and the eager layer above the module is not used.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { processorName, threadCount } from '../processor';
import { builtBinding } from './setup/place';

/** An op attribute as the native module takes it; `type` is one of its TF_ATTR constants. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: string | number | boolean | readonly number[];
}

/** The part of tfjs-node's native module that an executor needs. Tensors are known by number until deleted. */
export interface TensorflowBinding {
  /** `values` may be shared with the tensor instead of being copied, so nobody may write to it afterwards. */
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array;
  executeOp(
    op: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): readonly { readonly id: number }[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

/** The native module and where it is from, or why there is none (one sentence). */
export type LoadedBinding =
  | { readonly binding: TensorflowBinding; readonly origin: string }
  | { readonly reason: string };

/** In order of preference: the first also runs on the CPU where there is no GPU. */
const packageNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

const SETUP = 'prunelens setup tensorflow';

const advice = `run "${SETUP}", which uses the TensorFlow of your Python, or "npm install @tensorflow/tfjs-node-gpu" where its download of TensorFlow can be reached`;

/** Loads a native module by its path. @throws where it, or TensorFlow's library, cannot be loaded. */
export function loadModule(path: string): TensorflowBinding {
  // Read by TensorFlow when its library is loaded: no log lines about its build, and no claim on all memory of the GPU,
  // and as many threads as it may use.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // TensorFlow by itself takes oneDNN's kernels only on processors with AVX-512 VNNI; on others they are a third faster, too.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threadCount());
  return createRequire(ownFile())(path) as TensorflowBinding;
}

/** The first line of what was thrown, as a clause. */
function causeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0].replace(/\.$/, '');
}

/** The native module that `prunelens setup tensorflow` has built, '' where there is none, or a sentence on why it does not work. */
function loadBuilt(): TensorflowBinding | string {
  const built = builtBinding();
  if (!built) return '';
  try {
    return loadModule(built.module);
  } catch (error) {
    return `The binding for TensorFlow ${built.tensorflow} in ${built.folder} cannot be loaded (${causeOf(error)}): run "${SETUP}" again, or "${SETUP} --remove".`;
  }
}

/**
 * Loads the native module that `prunelens setup tensorflow` has built, else that of the first package that has a working one; cheap
 * to repeat, as Node caches modules. Packages are resolved as from `file`, and from NODE_PATH.
 */
export function loadBinding(file: string = ownFile()): LoadedBinding {
  const failures: string[] = [];
  const built = loadBuilt();
  if (typeof built !== 'string') return { binding: built, origin: SETUP };
  if (built !== '') failures.push(built);
  for (const packageName of packageNames) {
    const result = loadPackage(packageName, file);
    if (typeof result !== 'string') return { binding: result, origin: packageName };
    if (result !== '') failures.push(result);
  }
  const [failure] = failures;
  return { reason: failure ?? `Neither ${packageNames.join(' nor ')} is installed: ${advice}.` };
}

/** `__filename` is there in the bundle, which is CommonJS; sources run as ES modules resolve from the project. */
export function ownFile(): string {
  return typeof __filename === 'string' ? __filename : join(process.cwd(), 'package.json');
}

/** The native module of one package, '' where the package is not installed, or a sentence on why it does not work. */
function loadPackage(packageName: string, file: string): TensorflowBinding | string {
  let manifest: string;
  try {
    manifest = createRequire(file).resolve(`${packageName}/package.json`);
  } catch {
    return '';
  }
  try {
    const requireFromPackage = createRequire(manifest);
    const locator = requireFromPackage('@mapbox/node-pre-gyp') as { find(manifest: string): string };
    const path = locator.find(manifest);
    if (!existsSync(path)) return `${packageName} is installed without its native module: ${advice}.`;
    return loadModule(path);
  } catch (error) {
    return `The native module of ${packageName} cannot be loaded (${causeOf(error)}): ${advice}.`;
  }
}

/** Where TensorFlow computes, in words. */
export function describeDevice(binding: TensorflowBinding): string {
  if (binding.isUsingGpuDevice()) return 'NVIDIA GPU (CUDA)';
  return processorName();
}
