/** What every executor offers. Mathematics is in `graph/`; an executor only runs programs. */
import type { Program } from '../graph/types';
import type { Precision } from '../protocol/catalogue/options';
import type { BackendDefinition } from '../protocol/catalogue/types';
import type { DType, HostTensor, Shape } from '../protocol/tensor';

/**
 * A tensor held by an executor, in its own memory (a GPU buffer, a TensorFlow tensor, an array). It belongs to whoever
 * got it and must be disposed exactly once; using it afterwards is an error.
 */
export interface DeviceTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Copies the values to host memory. */
  read(): Promise<HostTensor>;
  dispose(): void;
}

/** A program compiled for one executor. */
export interface Executable {
  readonly program: Program;
  /**
   * Runs the program. `inputs` must have exactly the program's input names with matching shapes and dtypes, all made by
   * the same executor; they stay alive. The outputs belong to the caller. An output may be a program input passed
   * through, and is then still a tensor of its own.
   */
  run(inputs: { readonly [name: string]: DeviceTensor }): Promise<{ [name: string]: DeviceTensor }>;
  dispose(): Promise<void>;
}

export interface Executor {
  /** Name of its backend. */
  readonly backend: string;
  /** The device in words, e.g. `AMD EPYC, 2 threads` or `NVIDIA H200`. */
  readonly device: string;
  /** How it computes, where there is a choice; recorded with a run. */
  readonly computation?: { readonly precision: string; readonly deterministic: boolean };
  /** Versions of what it computes with, by name; recorded with a run. */
  readonly versions?: { readonly [name: string]: string };
  /**
   * Compiles a program; shapes are fixed. Throws a UserError where the backend cannot run it.
   *
   * @param purpose `training` where time counts more than equal bits: an executor may then use operations that it would not
   *   score with, as its `computation` says.
   */
  compile(program: Program, purpose?: 'training'): Promise<Executable>;
  /** Copies a host tensor to the device. */
  upload(tensor: HostTensor): DeviceTensor;
  dispose(): Promise<void>;
}

/** Whether a backend can be used here; `reason` is one sentence and says how to get it when it cannot. */
export type Availability =
  | {
      readonly available: true;
      readonly device: string;
      /** A GPU imitated on the CPU: it serves tests, and is used only where it is asked for by name. */
      readonly software?: boolean;
    }
  | { readonly available: false; readonly reason: string };

/** How a backend is to compute, where it leaves a choice. */
export interface Computing {
  /** Device as PyTorch names it, such as `cuda:1`. */
  readonly device?: string;
  /** Path or name of the Python interpreter. */
  readonly python?: string;
  readonly precision?: Precision;
  /** Whether training may use only operations that give the same bits again. */
  readonly deterministic?: boolean;
}

/** Which backend is asked for, and how it is to compute. */
export interface BackendChoice extends Computing {
  /** Of a backend, or `auto`. */
  readonly name: string;
}

/** What holds where a backend is opened. */
export interface Opening extends Computing {
  /** Whether programs of the user's may be started: not in an untrusted workspace, whose settings name them. */
  readonly trusted: boolean;
  /** Told in one sentence what is worth knowing and no error. */
  readonly note: (text: string) => void;
}

/** A backend: what the catalogue says of it, how to see whether it works here, and how to open it. */
export interface Backend extends BackendDefinition {
  /** `auto` does not take it, and nobody looks at it before it is opened: `open` says what is missing. */
  readonly byNameOnly?: true;
  /** It chooses among NVIDIA GPUs by what `CUDA_VISIBLE_DEVICES` lets it see. */
  readonly usesCuda?: true;
  /** What it needs is loaded only now. */
  probe(opening: Opening): Promise<Availability>;
  open(opening: Opening): Promise<Executor>;
}
