/** What is said to `python/prunelens_torch/session.py`, and what it answers. Tensors go by handles, numbers that are given here. */
import type { DType, Shape } from '../../protocol/tensor';
import type { DropMask } from '../types';
import type { CallName, Calls, Origin } from './instructions';
import type { Mode } from './options';

export type Handle = number;

/** Element types of raw bytes. */
export type Format = DType | 'float64';

/** A program as data. Numbers that JSON cannot write are words: `Infinity`. */
export interface ProgramMessage {
  readonly name: string;
  readonly mode: Mode;
  readonly inputs: readonly { readonly register: number; readonly isKernel: boolean }[];
  readonly outputs: readonly number[];
  /** Their values are the body of the message, one after the other. */
  readonly literals: readonly { readonly register: number; readonly shape: Shape; readonly dtype: Format }[];
  readonly scalars: readonly { readonly register: number; readonly value: number | string }[];
  readonly instructions: readonly (readonly [
    call: CallName,
    attributes: Calls[CallName],
    inputs: readonly number[],
    outputs: readonly number[],
    frees: readonly number[],
    /** Index into `origins`. */
    origin: number,
  ])[];
  readonly origins: readonly Origin[];
}

/** Messages without an answer; with a ticket, `run` and `free` are answered too, when they are done with. */
export type Message =
  /** Makes a tensor of the body. */
  | { readonly kind: 'upload'; readonly handle: Handle; readonly shape: Shape; readonly dtype: Format }
  /** A batch of a table. The body has the numbers of its examples, then its moves. */
  | {
      readonly kind: 'take';
      readonly handle: Handle;
      readonly table: Handle;
      readonly shape: Shape;
      /** Zeros around images; null where none is moved. */
      readonly padding: number | null;
    }
  /** Draws a mask of dropout. */
  | ({ readonly kind: 'draw'; readonly handle: Handle } & DropMask)
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly inputs: readonly Handle[];
      readonly outputs: readonly Handle[];
    }
  | { readonly kind: 'free' }
  | { readonly kind: 'dispose'; readonly id: number };

/** Messages that are answered, with their answers. */
export interface Requests {
  open: {
    asked: { readonly device: string | null; readonly dtype: Format; readonly threads: number | null };
    answer: Opened;
  };
  /** Meets the other processes that compute together, at a file that is not there yet. */
  join: { asked: { readonly rank: number; readonly count: number; readonly place: string }; answer: unknown };
  compile: { asked: { readonly id: number; readonly program: ProgramMessage }; answer: unknown };
  /** Makes place for examples, where the device has enough of it. */
  hold: {
    asked: { readonly handle: Handle; readonly shape: Shape; readonly dtype: Format };
    answer: { readonly fits: boolean };
  };
  /** The body has the values of examples from number `first` on. */
  fill: { asked: { readonly handle: Handle; readonly first: number }; answer: unknown };
  /** The body has the values. */
  read: { asked: { readonly handle: Handle }; answer: { readonly dtype: Format } };
}

export interface Opened {
  /** As PyTorch names it: `cuda:0`. */
  readonly device: string;
  /** The GPU in words; null for the CPU. */
  readonly title: string | null;
  readonly threads: number;
  readonly torch: string;
  readonly python: string;
}

/** What went wrong in a call, told when a tensor that follows from it is read. */
export interface FailureMessage {
  readonly kind: 'memory' | 'operation';
  readonly message: string;
  readonly program: string | null;
  readonly operation: string | null;
  readonly layer: string | null;
  /** Others wait in vain for the process, in a program that they run together: told at once, without a ticket. */
  readonly isShared?: boolean;
}
