/** Values of options, checked as they are read. */
import { InvalidArgumentError } from 'commander';

type Parser<T> = (text: string) => T;

function numberWhere(isFine: (value: number) => boolean, wanted: string): Parser<number> {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || !isFine(value)) {
      throw new InvalidArgumentError(`It must be ${wanted}.`);
    }
    return value;
  };
}

export const positiveInteger = numberWhere((v) => Number.isSafeInteger(v) && v >= 1, 'a whole number, 1 or more');
export const countFromZero = numberWhere((v) => Number.isSafeInteger(v) && v >= 0, 'a whole number, 0 or more');
export const wholeNumber = numberWhere((v) => Number.isSafeInteger(v), 'a whole number');
export const positiveNumber = numberWhere((v) => v > 0, 'a number greater than 0');
export const numberFromZero = numberWhere((v) => v >= 0, 'a number, 0 or more');
export const fraction = numberWhere((v) => v >= 0 && v < 1, 'a number from 0 up to, but not including, 1');
export const momentum = fraction;
/** Fraction of the weights that is removed. */
export const sparsity = numberWhere(
  (v) => v >= 0 && v < 1,
  'a number from 0 up to, but not including, 1 (0.9 removes 90 % of the weights)',
);

/** A list with commas between; no part may be empty or come twice. */
export function listOf<T>(part: Parser<T>): Parser<T[]> {
  return (text) => {
    const values = text.split(',').map((piece) => {
      if (piece.trim() === '') throw new InvalidArgumentError('It must be a list with commas between.');
      return part(piece.trim());
    });
    const repeated = values.find((value, index) => values.indexOf(value) !== index);
    if (repeated !== undefined) throw new InvalidArgumentError(`${repeated} is there twice.`);
    return values;
  };
}

export const nameList = listOf((text) => text);
export const sparsityList = listOf(sparsity);
export const epochList = listOf(positiveInteger);

/** For an option that may be given several times, each with one value. */
export function collect(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text];
}
