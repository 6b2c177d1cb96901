/** What processes that load models of Python files and their runners say to each other, whatever the framework: one job in, one frame out. */
import { FrameError } from '../../processes/frames';
import { type FailureKind, type SourceLocation, UserError } from '../../protocol/errors';
import type { ModelInput } from '../../protocol/modelSetup';
import type { LinesLeftOut } from '../../protocol/results';

/** What the process reads on its standard input, as JSON. */
export interface PythonJob {
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
  /** Whether whole files are run. */
  readonly whole: boolean;
  readonly allow: readonly string[];
  /** Deadline of the user's code. */
  readonly seconds: number;
  /** Bytes of memory. */
  readonly memory: number;
}

/** What is told of every model, whatever its framework. */
export interface LoadFacts {
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[];
  /** Lines that were not run. */
  readonly leftOut: readonly LinesLeftOut[];
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

/** Frameworks whose models Python files define. */
export const PYTHON_FRAMEWORKS = ['torch', 'keras'] as const;
export type PythonFramework = (typeof PYTHON_FRAMEWORKS)[number];

/** The model is one of another framework than the one that was asked. */
export interface OtherFramework {
  readonly type: 'other';
  readonly framework: PythonFramework;
}

export type Fields = { readonly [key: string]: unknown };

/** The fields of anything; none where it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The texts of a list. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** A whole number that is not negative. */
export function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function locationOf(value: unknown): SourceLocation {
  const { file, line, column } = fieldsOf(value);
  if (typeof file !== 'string') throw new FrameError('its location is missing or of another kind');
  return { file, line: countOf(line) ?? 1, column: countOf(column) ?? 1 };
}

/** What a header tells of its model, none of which is believed. */
export function readFacts({ notes, leftOut, read }: Fields): LoadFacts {
  const lines = Array.isArray(leftOut) ? leftOut.map(fieldsOf) : [];
  return {
    notes: textsOf(notes),
    leftOut: lines.flatMap(({ file, first, last }) =>
      typeof file === 'string' ? [{ file, first: countOf(first) ?? 1, last: countOf(last) ?? 1 }] : [],
    ),
    read: textsOf(read),
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

/** The answer in a header that holds no model. @throws FrameError where it is none. */
export function readNoModel(fields: Fields): LoadFailure | OtherFramework {
  if (fields.type === 'failure') return readFailure(fields);
  const framework = PYTHON_FRAMEWORKS.find((one) => one === fields.framework);
  if (fields.type === 'other' && framework) return { type: 'other', framework };
  throw new FrameError('its type is missing or of another kind');
}

/** The error that a failure is told as. */
export function loadError({ message, kind, hint, location, about }: LoadFailure): UserError {
  return new UserError(message, { kind, location, ...(hint !== undefined && { hint }), ...(about && { about }) });
}
