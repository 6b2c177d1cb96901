/** What every executor offers. Mathematics is in `graph/`; an executor only runs programs. */
import type { Program } from '../graph/types';
import type { Precision } from '../protocol/catalogue/options';
import type { BackendDefinition } from '../protocol/catalogue/types';
import type { InputValues } from '../protocol/data';
import type { DType, HostTensor, Shape } from '../protocol/tensor';
import type { InterpreterChoice } from '../python/find';

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

/** How the images of a batch are moved: `drawMove` of `data/augmentation.ts`. */
export interface BatchMoves {
  /** Zeros around the image on each side; no image is shifted by more. */
  readonly padding: number;
  /** For each image the rows and columns by which the window is shifted, and 1 where it is mirrored then. */
  readonly moves: Int32Array;
}

/** Many examples on the device, from which batches are taken by their numbers. */
export interface ExampleTable {
  /** Copies examples into their places, from number `first` on. */
  fill(first: number, values: InputValues): Promise<void>;
  /** A batch in `shape`; images (tables of [n, h, w, c]) are moved as told. Equal to the bit to a batch made here. */
  take(indices: Int32Array, shape: Shape, moves?: BatchMoves): DeviceTensor;
  dispose(): void;
}

/** A mask of dropout by a counter: `drawMask` of `training/dropout.ts` says what its elements are. */
export interface DropMask {
  readonly shape: Shape;
  /** 32-bit words. */
  readonly keys: readonly [number, number];
  /** The number of its first element in a larger mask of which it is a part; 0 where absent. */
  readonly first?: number;
  /** Words below it leave an element out. */
  readonly threshold: number;
  /** What the other elements are, a float32. */
  readonly kept: number;
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
  /**
   * Makes place for examples ([n, …]) on the device; resolves to undefined where they are too many for it. Absent where the device has
   * no memory of its own.
   */
  hold?(shape: Shape, dtype: DType): Promise<ExampleTable | undefined>;
  /** Draws a mask of dropout on the device, equal to the bit to the one drawn here; absent where it cannot. */
  draw?(mask: DropMask): DeviceTensor;
  /** This device and others, for training one network together; absent where it computes alone. */
  readonly group?: DeviceGroup;
  dispose(): Promise<void>;
}

/**
 * Devices that compute together: each runs the same programs at the same time, with its part of what is split among them.
 * `deviceSum` is the sum over them.
 */
export interface DeviceGroup {
  /** As the backend names them; the first is that of the executor that the group belongs to. */
  readonly devices: readonly string[];
  /**
   * All of them as one. What it uploads is the same on each device; of an example table each device takes its part of a batch. Shapes
   * are those on one device, and a tensor is read from the first. It is not to be disposed.
   */
  readonly executor: Omit<Executor, 'dispose' | 'group'>;
  /** Copies to each device its part of a tensor, cut along an axis. */
  uploadParts(tensor: HostTensor, axis: number): DeviceTensor;
  /** As `draw`; each device draws its part of the first axis. */
  drawParts?(mask: DropMask): DeviceTensor;
  /** What a tensor is on the first device; it stays with its owner. */
  onFirst(tensor: DeviceTensor): DeviceTensor;
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

/** What a backend is asked to do most; they differ in what they are fast at. */
export type WorkKind = 'training' | 'scoring';

export interface Work {
  readonly kind: WorkKind;
  /** Multiplications in all forward passes, where that is known: little work is not worth a start that takes seconds. */
  readonly macs?: number;
}

/** How a backend is to compute, where it leaves a choice. */
export interface Computing {
  /** As PyTorch names it, such as `cuda:1`; absent: an accelerator where there is one, else the CPU. */
  readonly device?: string;
  /** In place of it, devices that train one network together; scores are computed on the first. */
  readonly devices?: readonly string[];
  /** Of training; absent: the fastest of float32's kind. Scores are float32 unless all is float64. */
  readonly precision?: Precision;
  /** Whether training may use only operations that give the same bits again, as scoring does. */
  readonly deterministic?: boolean;
}

/** What a backend is opened with. */
export interface BackendUse {
  readonly computing?: Computing;
  /** Told in one sentence what is worth knowing and no error. */
  readonly note?: (text: string) => void;
  /** What may name the user's Python; it is looked for where this is absent. */
  readonly interpreter?: InterpreterChoice;
  /** Whether the user's Python may be started; that of a workspace only where it is trusted. */
  readonly trusted: boolean;
}

/** A backend: what the catalogue says of it, how to see whether it works here, and how to open it. */
export interface Backend extends BackendDefinition {
  /** It chooses among NVIDIA GPUs by what `CUDA_VISIBLE_DEVICES` lets it see. */
  readonly usesCuda?: true;
  /** Neither `auto` nor anybody who opens it looks at it before: `open` says what is missing. */
  readonly byNameOnly?: true;
  /** It computes in the user's Python. */
  readonly usesPython?: true;
  /**
   * What it computes with here, as a short text that changes with its version: speeds are remembered by it. Nothing is started, and
   * no library is loaded for it.
   */
  identity(use: BackendUse): string;
  /** What it needs is loaded only now. */
  probe(use: BackendUse): Promise<Availability>;
  open(use: BackendUse): Promise<Executor>;
}
