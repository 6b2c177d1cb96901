/** What the process that reads a user's data is told and says. See `python/data/serving.py`. */
import { FrameError } from '../../../processes/frames';
import { UserError } from '../../../protocol/errors';
import type { Shape } from '../../../protocol/tensor';

/** Which data is to be opened. */
export interface DataJob {
  /** The file (absolute), or the folder of a set's files. */
  readonly file: string;
  /** The expression that gives the data, in the names of the file. */
  readonly construct: string;
  /** A data set of torchvision, in place of an expression. */
  readonly set?: string;
  /** Height and width that images are brought to, of a set that leaves them open. */
  readonly size?: readonly [number, number];
  /** Folder that the file is run from (absolute). */
  readonly workspace: string;
  readonly unsaved: { readonly [file: string]: string };
  /** Whether whole files are run. */
  readonly whole: boolean;
  readonly allow: readonly string[];
  /** Whether the labels of all items are wanted. */
  readonly withLabels: boolean;
  /** Seconds that one item may take. */
  readonly itemSeconds: number;
  /** Bytes of memory. */
  readonly memory: number;
}

export type SplitName = 'train' | 'test';

/** A split as its first items tell. */
export interface SplitFacts {
  readonly size: number;
  /** Of an example, as PyTorch has it. */
  readonly shape: Shape;
  readonly holdsIds: boolean;
  readonly labelShape: Shape;
  /** Labels are classes, else values. */
  readonly areClasses: boolean;
  /** Items come in an order of their own, which is that of their epoch. */
  readonly isStream: boolean;
  readonly classNames?: readonly string[];
  /** The split in words. */
  readonly name: string;
  /** Where the code that gives its items is. */
  readonly place?: { readonly file: string; readonly line: number };
}

type Fields = { readonly [key: string]: unknown };

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function shapeOf(value: unknown, what: string): Shape {
  const isShape = Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!isShape) throw new FrameError(`the shape of its ${what} is missing or of another kind`);
  return value as Shape;
}

/** @throws FrameError where something is missing. */
export function readFacts(value: unknown): SplitFacts {
  const { size, shape, labelShape, holdsIds, areClasses, isStream, classNames, name, place } = fieldsOf(value);
  if (size !== null && (!Number.isSafeInteger(size) || (size as number) < 0))
    throw new FrameError('its size is missing');
  const isNamed = Array.isArray(classNames) && classNames.every((one) => typeof one === 'string');
  const [file, line] = Array.isArray(place) ? place : [];
  return {
    size: (size as number | null) ?? 0,
    shape: shapeOf(shape, 'examples'),
    labelShape: shapeOf(labelShape, 'labels'),
    holdsIds: holdsIds === true,
    areClasses: areClasses === true,
    isStream: isStream === true,
    name: String(name),
    ...(isNamed && { classNames: classNames as string[] }),
    ...(typeof file === 'string' && { place: { file, line: Number(line) || 1 } }),
  };
}

/** What was wrong, where the answer is that. */
export function failureOf(header: unknown): (UserError & { readonly mayBeCut?: boolean }) | undefined {
  const { type, kind, message, hint, location, mayBeCut } = fieldsOf(header);
  if (type !== 'failure') return undefined;
  const { file, line, column } = fieldsOf(location);
  const error = new UserError(typeof message === 'string' ? message : 'The data could not be read.', {
    kind: kind === 'usage' ? 'usage' : 'failed',
    ...(typeof hint === 'string' && { hint }),
    ...(typeof file === 'string' && {
      location: { file, line: Number(line) || 1, column: Number(column) || 1 },
    }),
  });
  return Object.assign(error, { mayBeCut: mayBeCut === true });
}
