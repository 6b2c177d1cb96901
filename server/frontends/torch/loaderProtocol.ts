/** What the process that loads PyTorch models and its runner say to each other: one job in, one frame out. See `python/load_model.py`. */
import { type Frame, FrameError } from '../../processes/frames';
import { type FailureKind, type SourceLocation, UserError } from '../../protocol/errors';
import type { ModelInput } from '../../protocol/modelSetup';
import { type ExportedModel, readExported } from './exported';

/** What the process reads on its standard input, as JSON. */
export interface LoadJob {
  /** The model's file (absolute). */
  readonly file: string;
  /** The expression that makes the model, in the names of the file. */
  readonly construct: string;
  /** Folder that the file is run from (absolute). */
  readonly workspace: string;
  /** Texts that count instead of those on disk, by absolute path. */
  readonly unsaved: { readonly [file: string]: string };
  readonly seed: number;
  readonly inputs: readonly ModelInput[] | null;
  /** Inputs where neither `inputs` nor the model says any. */
  readonly fallback: readonly ModelInput[] | null;
  /** Name or index of the output that counts. */
  readonly output: string | null;
  /** Examples to export with, so that the model takes any number. */
  readonly batch: number;
  /** Examples of the batches that it is used with: for a model that takes one number alone. */
  readonly usedBatch: number;
  /** Whether whole files are run. */
  readonly whole: boolean;
  readonly allow: readonly string[];
  /** Deadline of the user's code. */
  readonly seconds: number;
  /** Bytes of memory. */
  readonly memory: number;
  /** What the model is to be made smaller with. */
  readonly shrink?: CutModel | ProvedCut;
}

/** The smaller model is described in place of the model. */
export interface CutModel {
  readonly exports: true;
  /** Its shrink.py. */
  readonly script: string;
}

/** The proof is wanted in place of a description. */
export interface ProvedCut {
  readonly exports: false;
  readonly script: string;
  /** Its tensors, and those of the smaller one. */
  readonly before: string;
  readonly after: string;
  /** Examples of the batches that both are measured with; 0 where they are not. */
  readonly measured: number;
}

export interface LoadedModel {
  readonly type: 'model';
  readonly model: ExportedModel;
  /** The model's inputs as they were given or found. */
  readonly inputs: readonly ModelInput[];
  /** Names of further inputs, which are None where nothing is given for them. */
  readonly leftToDefault: readonly string[];
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[];
  /** Lines that were not run. */
  readonly leftOut: readonly { readonly file: string; readonly first: number; readonly last: number }[];
  /** Files of the workspace that were read. */
  readonly read: readonly string[];
}

export interface LoadFailure {
  readonly type: 'failure';
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint?: string;
  readonly location: SourceLocation;
  readonly about?: 'inputs';
  /** Whether something is missing that may have been left out. */
  readonly mayBeCut: boolean;
}

export type LoadAnswer = LoadedModel | LoadFailure;

type Fields = { readonly [key: string]: unknown };

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function locationOf(value: unknown): SourceLocation {
  const { file, line, column } = fieldsOf(value);
  if (typeof file !== 'string') throw new FrameError('its location is missing or of another kind');
  return { file, line: countOf(line) ?? 1, column: countOf(column) ?? 1 };
}

function inputOf(value: unknown): ModelInput {
  const { name, shape, dtype, below } = fieldsOf(value);
  const limit = countOf(below);
  return {
    shape: Array.isArray(shape) ? shape.map((extent) => countOf(extent) ?? 0) : [],
    ...(typeof name === 'string' && { name }),
    ...(typeof dtype === 'string' && { dtype }),
    ...(limit !== undefined && { below: limit }),
  };
}

/** A failure in a header, none of which is believed. @throws FrameError where it is none. */
export function readFailure({ kind, message, hint, location, about, mayBeCut }: Fields): LoadFailure {
  if (typeof message !== 'string') throw new FrameError('its message is missing or of another kind');
  return {
    type: 'failure',
    kind: kind === 'usage' ? 'usage' : 'failed',
    message,
    ...(typeof hint === 'string' && { hint }),
    location: locationOf(location),
    ...(about === 'inputs' && { about }),
    mayBeCut: mayBeCut === true,
  };
}

/** The answer in a frame, none of which is believed. @throws FrameError where it is none. */
export function readAnswer({ header, body }: Frame): LoadAnswer {
  const fields = fieldsOf(header);
  if (fields.type === 'failure') return readFailure(fields);
  if (fields.type !== 'model') throw new FrameError('its type is missing or of another kind');
  const leftOut = Array.isArray(fields.leftOut) ? fields.leftOut.map(fieldsOf) : [];
  return {
    type: 'model',
    model: readExported(fields.model, body),
    inputs: Array.isArray(fields.inputs) ? fields.inputs.map(inputOf) : [],
    leftToDefault: textsOf(fields.leftToDefault),
    notes: textsOf(fields.notes),
    leftOut: leftOut.flatMap(({ file, first, last }) =>
      typeof file === 'string' ? [{ file, first: countOf(first) ?? 1, last: countOf(last) ?? 1 }] : [],
    ),
    read: textsOf(fields.read),
  };
}

/** The error that a failure is told as. */
export function loadError({ message, kind, hint, location, about }: LoadFailure): UserError {
  return new UserError(message, { kind, location, ...(hint !== undefined && { hint }), ...(about && { about }) });
}
