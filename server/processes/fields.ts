/** Reading the fields of a frame's header, which a stranger wrote: each is checked, and a wrong one is named. */
import { FrameError } from './frames';

export type Fields = { readonly [key: string]: unknown };

/** The error of a field, `what`, that is not there or not of its kind. */
export function wrongField(what: string): FrameError {
  return new FrameError(`${what} is missing or of another kind`);
}

/** @throws a FrameError, as all below, where the value is no object. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongField(what);
  return value as Fields;
}

export function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw wrongField(what);
  return value;
}

/** A whole number from zero. */
export function countOf(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrongField(what);
  return value as number;
}

/** An index into `count` things. */
export function placeOf(value: unknown, what: string, count: number): number {
  const place = countOf(value, what);
  if (place >= count) throw new FrameError(`${what} is ${place}, of ${count}`);
  return place;
}

export function truthOf(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw wrongField(what);
  return value;
}

/** Each item is read under its place: `layers[3]`. */
export function listOf<T>(value: unknown, what: string, read: (item: unknown, what: string) => T): T[] {
  if (!Array.isArray(value)) throw wrongField(what);
  return value.map((item, i) => read(item, `${what}[${i}]`));
}
