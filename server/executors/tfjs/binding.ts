/**
 * TensorFlow's C library as tfjs-node ships it. Only the package's native module is loaded, not tfjs itself: loading
 * the package would switch the backend of every tfjs in the process, and the eager layer above the module is not used.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { processorName, threadCount } from '../processor';

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

/** The native module, or why there is none (one sentence). */
export type LoadedBinding =
  | { readonly binding: TensorflowBinding; readonly packageName: string }
  | { readonly reason: string };

/** In order of preference: the first also runs on the CPU where there is no GPU. */
const packageNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

const advice = 'run "npm install @tensorflow/tfjs-node-gpu" where its download of TensorFlow can be reached';

/**
 * Loads the native module of the first package that has a working one; cheap to repeat, as Node caches modules.
 * Packages are resolved as from the file `origin`, and from NODE_PATH.
 */
export function loadBinding(origin: string = ownFile()): LoadedBinding {
  // Read by TensorFlow when its library is loaded: no log lines about its build, and no claim on all memory of the GPU,
  // and as many threads as it may use.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threadCount());
  const failures: string[] = [];
  for (const packageName of packageNames) {
    const result = loadPackage(packageName, origin);
    if (typeof result !== 'string') return { binding: result, packageName };
    if (result !== '') failures.push(result);
  }
  const [failure] = failures;
  return { reason: failure ?? `Neither ${packageNames.join(' nor ')} is installed: ${advice}.` };
}

/** `__filename` is there in the bundle, which is CommonJS; sources run as ES modules resolve from the project. */
function ownFile(): string {
  return typeof __filename === 'string' ? __filename : join(process.cwd(), 'package.json');
}

/** The native module of one package, '' where the package is not installed, or a sentence on why it does not work. */
function loadPackage(packageName: string, origin: string): TensorflowBinding | string {
  let manifest: string;
  try {
    manifest = createRequire(origin).resolve(`${packageName}/package.json`);
  } catch {
    return '';
  }
  try {
    const requireFromPackage = createRequire(manifest);
    const locator = requireFromPackage('@mapbox/node-pre-gyp') as { find(manifest: string): string };
    const path = locator.find(manifest);
    if (!existsSync(path)) return `${packageName} is installed without its native module: ${advice}.`;
    return requireFromPackage(path) as TensorflowBinding;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const cause = message.split('\n')[0].replace(/\.$/, '');
    return `The native module of ${packageName} cannot be loaded (${cause}): ${advice}.`;
  }
}

/** Where TensorFlow computes, in words. */
export function describeDevice(binding: TensorflowBinding): string {
  if (binding.isUsingGpuDevice()) return 'NVIDIA GPU (CUDA)';
  return processorName();
}
