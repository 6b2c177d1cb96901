/** Values of options, checked as they are read. */
import { InvalidArgumentError } from 'commander';
import type { Counted } from '../protocol/catalogue/limits';
import { TRAINING_OPTIONS } from '../protocol/catalogue/options';
import { type NumberRange, numberProblem } from '../protocol/catalogue/values';

type Parser<T> = (text: string) => T;

function numberWhere(problem: (value: number) => string | undefined): Parser<number>;
function numberWhere(problem: (value: number) => string | undefined, word?: string): Parser<number | string>;
function numberWhere(problem: (value: number) => string | undefined, word?: string): Parser<number | string> {
  return (text) => {
    if (text === word) return text;
    const wrong = problem(text.trim() === '' ? Number.NaN : Number(text));
    if (wrong !== undefined) throw new InvalidArgumentError(wrong);
    return Number(text);
  };
}

/** Numbers of an option's range, or its word. */
export function numberIn(range: NumberRange & { readonly word?: undefined }): Parser<number>;
export function numberIn(range: NumberRange): Parser<number | string>;
export function numberIn(range: NumberRange): Parser<number | string> {
  return numberWhere((value) => numberProblem(range, value), range.word);
}

/** Whole numbers from 1 to the limit of what they count. */
export const countOf = (counts: Counted): Parser<number> => numberIn({ type: 'integer', minimum: 1, counts });
export const positiveNumber = numberIn({ type: 'number', exclusiveMinimum: 0 });
export const numberFromZero = numberIn({ type: 'number', minimum: 0 });
/** Fraction of the weights that is removed. */
export const sparsity = numberWhere((value) =>
  value >= 0 && value < 1
    ? undefined
    : 'It must be a number from 0 up to, but not including, 1 (0.9 removes 90 % of the weights).',
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
export const epochList = listOf(numberIn(TRAINING_OPTIONS.epochs));

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
