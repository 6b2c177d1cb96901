/** What is known of the user's Python. */
import type { PythonDevice } from '../protocol/results';

export type { PythonDevice };

/** A Python that serves. */
export interface Interpreter {
  /** Absolute. */
  readonly path: string;
  /** `3.12.1`. */
  readonly version: string;
  /** Version of torch: `2.13.0+cpu`. */
  readonly torch: string;
  /** GPUs first. */
  readonly devices: readonly PythonDevice[];
  /** What torch warned of when it looked for devices: a driver that is too old, say. */
  readonly warning?: string;
}

/** What was found, or in one sentence what is missing and how to get it. */
export type InterpreterProbe =
  | { readonly interpreter: Interpreter }
  | {
      readonly reason: string;
      /** What is known of a Python that does not serve. */
      readonly version?: string;
    };
