/** Values of options, checked as they are read. */
import { InvalidArgumentError } from 'commander';
import type { NumberOption } from '../protocol/catalogue/types';

type Parser<T> = (text: string) => T;

function numberWhere(isFine: (value: number) => boolean, wanted: string): Parser<number>;
function numberWhere(isFine: (value: number) => boolean, wanted: string, word?: string): Parser<number | string>;
function numberWhere(isFine: (value: number) => boolean, wanted: string, word?: string): Parser<number | string> {
  return (text) => {
    if (text === word) return text;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || !isFine(value)) {
      throw new InvalidArgumentError(`It must be ${wanted}.`);
    }
    return value;
  };
}

/** What a number must be, in words: `a whole number, 1 or more`. */
function wanted({ type, minimum, exclusiveMinimum, exclusiveMaximum }: NumberRange): string {
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  if (exclusiveMaximum !== undefined) {
    const low = minimum !== undefined ? `from ${minimum}` : `greater than ${exclusiveMinimum}`;
    const high =
      minimum !== undefined ? `up to, but not including, ${exclusiveMaximum}` : `and less than ${exclusiveMaximum}`;
    return `${kind} ${low} ${high}`;
  }
  if (exclusiveMinimum !== undefined) return `${kind} greater than ${exclusiveMinimum}`;
  return minimum === undefined ? kind : `${kind}, ${minimum} or more`;
}

type NumberRange = Pick<NumberOption, 'type' | 'minimum' | 'exclusiveMinimum' | 'exclusiveMaximum'>;

/** Numbers of an option's range, or its word. */
export function numberIn(range: NumberRange & { readonly word?: undefined }): Parser<number>;
export function numberIn(range: NumberRange & Pick<NumberOption, 'word'>): Parser<number | string>;
export function numberIn(range: NumberRange & Pick<NumberOption, 'word'>): Parser<number | string> {
  const { word, type, minimum = -Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = range;
  const isFine = (value: number) =>
    (type === 'number' || Number.isSafeInteger(value)) &&
    value >= minimum &&
    value > exclusiveMinimum &&
    value < exclusiveMaximum;
  return numberWhere(isFine, `${word === undefined ? '' : `${word}, or `}${wanted(range)}`, word);
}

export const positiveInteger = numberIn({ type: 'integer', minimum: 1 });
export const countFromZero = numberIn({ type: 'integer', minimum: 0 });
export const positiveNumber = numberIn({ type: 'number', exclusiveMinimum: 0 });
export const numberFromZero = numberIn({ type: 'number', minimum: 0 });
export const fraction = numberIn({ type: 'number', minimum: 0, exclusiveMaximum: 1 });
/** Fraction of the weights that is removed. */
export const sparsity = numberWhere(
  (v) => v >= 0 && v < 1,
  'a number from 0 up to, but not including, 1 (0.9 removes 90 % of the weights)',
);

/** A list with commas between; no part may be empty. */
function partsOf<T>(part: Parser<T>): Parser<T[]> {
  return (text) =>
    text.split(',').map((piece) => {
      if (piece.trim() === '') throw new InvalidArgumentError('It must be a list with commas between.');
      return part(piece.trim());
    });
}

/** A list with commas between; no part may be empty or come twice. */
export function listOf<T>(part: Parser<T>): Parser<T[]> {
  const parse = partsOf(part);
  return (text) => {
    const values = parse(text);
    const repeated = values.find((value, index) => values.indexOf(value) !== index);
    if (repeated !== undefined) throw new InvalidArgumentError(`${repeated} is there twice.`);
    return values;
  };
}

export const nameList = listOf((text) => text);
/** Names of which one may come several times. */
export const names = partsOf((text) => text);
export const sparsityList = listOf(sparsity);
export const epochList = listOf(positiveInteger);

/** A list of some of the choices. */
export function choicesOf(choices: readonly string[]): Parser<string[]> {
  return listOf((text) => {
    if (choices.includes(text)) return text;
    throw new InvalidArgumentError(`There is no ${text}; known are ${choices.join(', ')}.`);
  });
}

/** For an option that may be given several times, each with one value. */
export function collect(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text];
}
