/** Definitions as JSON schema. */
import { sentence } from './derive';
import { limitText } from './limits';
import type { OptionDefinition } from './types';
import { maximumOf } from './values';

/** A JSON schema, as plain data. */
export interface Schema {
  readonly [key: string]: unknown;
}

/** The schema of one value of an option, without its text. */
export function valueSchema(option: OptionDefinition): Schema {
  switch (option.type) {
    case 'integer':
    case 'number': {
      const { type, minimum, exclusiveMinimum, exclusiveMaximum, word } = option;
      const maximum = maximumOf(option);
      const number = {
        type,
        ...(minimum !== undefined && { minimum }),
        ...(exclusiveMinimum !== undefined && { exclusiveMinimum }),
        ...(exclusiveMaximum !== undefined && { exclusiveMaximum }),
        // The comment is for whoever tells that a number is too large.
        ...(maximum !== undefined && { maximum, $comment: limitText(option.counts!) }),
      };
      return word === undefined ? number : { oneOf: [number, { type: 'string', enum: [word] }] };
    }
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { type: 'string', enum: option.choices };
    case 'integers':
      return { type: 'array', items: { type: 'integer', minimum: 1 } };
    case 'choices':
      return { type: 'array', items: { type: 'string', enum: option.choices }, uniqueItems: true };
    case 'names':
      return {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        ...(!option.mayRepeat && { uniqueItems: true }),
      };
    case 'texts':
      return { type: 'array', items: { type: 'string', minLength: 1 } };
    case 'text':
      return { type: 'string', minLength: 1 };
  }
}

/** What the option means, and its value. */
export function describedSchema(option: OptionDefinition): Schema {
  return { description: sentence(option.text), ...valueSchema(option) };
}
