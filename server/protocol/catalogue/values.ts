/** What values of options may be: one check for the command, for requests of editors and for the fields of the form. */
import { LIMITS, limitText } from './limits';
import type { NumberOption, OptionDefinition } from './types';

/** A value of an option as it travels: to and from editors, and in settings. */
export type OptionData = number | string | boolean | readonly (number | string | boolean)[];

/** Values by the names of their flags: `batchSize`. */
export interface AskedOptions {
  readonly [flag: string]: OptionData;
}

export type NumberRange = Pick<
  NumberOption,
  'type' | 'word' | 'minimum' | 'exclusiveMinimum' | 'exclusiveMaximum' | 'counts'
>;

/** The largest value of an option; undefined where there is none that means anything. */
export function maximumOf({ counts }: NumberRange): number | undefined {
  return counts === undefined || counts === 'things' ? undefined : LIMITS[counts].most;
}

const isNumeric = (option: OptionDefinition): option is NumberOption =>
  option.type === 'integer' || option.type === 'number';

/** What a number must be, in words: `a whole number, 1 or more`. */
export function wantedNumber({ type, word, minimum, exclusiveMinimum, exclusiveMaximum }: NumberRange): string {
  const kind = `${word === undefined ? '' : `${word}, or `}${type === 'integer' ? 'a whole number' : 'a number'}`;
  if (exclusiveMaximum !== undefined) {
    const low = minimum !== undefined ? `from ${minimum}` : `greater than ${exclusiveMinimum}`;
    const high =
      minimum !== undefined ? `up to, but not including, ${exclusiveMaximum}` : `and less than ${exclusiveMaximum}`;
    return `${kind} ${low} ${high}`;
  }
  if (exclusiveMinimum !== undefined) return `${kind} greater than ${exclusiveMinimum}`;
  return minimum === undefined ? kind : `${kind}, ${minimum} or more`;
}

/** What is wrong with a number, in a sentence; undefined where it is in the option's range. */
export function numberProblem(range: NumberRange, value: number): string | undefined {
  if (isInRange(range, value)) return undefined;
  return value > (maximumOf(range) ?? Infinity) ? limitText(range.counts!) : `It must be ${wantedNumber(range)}.`;
}

/** Whether a number is in an option's range. */
export function isInRange(range: NumberRange, value: number): boolean {
  const { type, minimum = -Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = range;
  return (
    (type === 'number' ? Number.isFinite(value) : Number.isSafeInteger(value)) &&
    value >= minimum &&
    value > exclusiveMinimum &&
    value < exclusiveMaximum &&
    value <= (maximumOf(range) ?? Infinity)
  );
}

/** `It must be a whole number, 1 or more.`; undefined where the value is one of the option's. */
export function optionProblem(option: OptionDefinition, value: unknown): string | undefined {
  if (isNumeric(option) && typeof value === 'number') return numberProblem(option, value);
  const wanted = wantedValue(option);
  return isValue(option, value) ? undefined : `It must be ${wanted}.`;
}

function wantedValue(option: OptionDefinition): string {
  if (isNumeric(option)) return wantedNumber(option);
  switch (option.type) {
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'integers':
      return 'whole numbers from 1, each once';
    case 'choices':
      return `some of ${option.choices.join(', ')}, each once`;
    case 'names':
    case 'texts':
      return 'a list of texts that are not empty';
    case 'text':
      return 'a text that is not empty';
  }
}

function isValue(option: OptionDefinition, value: unknown): boolean {
  if (isNumeric(option)) {
    return (
      (option.word !== undefined && value === option.word) || (typeof value === 'number' && isInRange(option, value))
    );
  }
  const isListOf = (isOne: (one: unknown) => boolean) =>
    Array.isArray(value) && value.every(isOne) && new Set(value).size === value.length;
  const isText = (one: unknown) => typeof one === 'string' && one.trim() !== '';
  switch (option.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return option.choices.includes(value as string);
    case 'integers':
      return isListOf((one) => Number.isSafeInteger(one) && (one as number) >= 1);
    case 'choices':
      return isListOf((one) => option.choices.includes(one as string));
    case 'names':
    case 'texts':
      return Array.isArray(value) && value.every(isText);
    case 'text':
      return isText(value);
  }
}

/** The same of an option that can have several values; each must be one. */
export function axisProblem(option: OptionDefinition, value: unknown): string | undefined {
  if (!Array.isArray(value)) return optionProblem(option, value);
  if (value.length === 0) return optionProblem(option, undefined);
  if (new Set(value).size < value.length) return 'Each value must be there once.';
  return value.map((one) => optionProblem(option, one)).find((problem) => problem !== undefined);
}

/** What a text that somebody types means as a value of the option; it need not be one. Lists have commas between. */
export function typedValue(option: OptionDefinition, text: string): OptionData {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (isNumeric(option)) return text.trim() === option.word ? option.word! : text.trim() === '' ? '' : Number(text);
  switch (option.type) {
    case 'boolean':
      return text.trim() === 'true';
    case 'integers':
      return parts.map(Number);
    case 'choices':
    case 'names':
    case 'texts':
      return parts;
    default:
      return text.trim();
  }
}

/** The same of an option that can have several values, with commas between; one is no list. */
export function typedAxis(option: OptionDefinition, text: string): OptionData {
  const values = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => typedValue(option, part) as number | string | boolean);
  return values.length === 1 ? values[0] : values;
}

/** The same back: a value as it is typed. */
export function valueText(value: OptionData): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}
