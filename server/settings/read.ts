/** Reading `prunelens.json`: JSON with comments, checked against the schema, mistakes reported at their lines. */
import Ajv, { type ErrorObject } from 'ajv';
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { DEEPEST_JSON, isNestedDeeper } from '../files/jsonDepth';
import { formatError, type SourceLocation, UserError, usageError } from '../protocol/errors';
import schema from './settings.schema.json';
import type { SettingsValues } from './types';

/** Compiled once: that takes longer than all else that is done with settings. */
const validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile(schema);

function locate(text: string, offset: number, file: string): SourceLocation {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { file, line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** `/data/0/models` as path segments. */
function segmentsOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

interface Mistake {
  readonly message: string;
  readonly offset: number;
}

function describe(error: ErrorObject, root: Node): Mistake {
  const segments = segmentsOf(error.instancePath);
  const node = findNodeAtLocation(root, segments) ?? root;
  const name = segments.join('.');
  if (error.keyword === 'additionalProperties') {
    const key = error.params.additionalProperty as string;
    const known = Object.keys((error.parentSchema?.properties ?? {}) as object).filter((one) => one !== '$schema');
    const property = node.children?.find((child) => child.children?.[0].value === key);
    const place = name === '' ? '' : ` in "${name}"`;
    const message = `There is no setting "${key}"${place}; known are ${known.join(', ')}.`;
    return { message, offset: property?.offset ?? node.offset };
  }
  const subject = name === '' ? 'The settings' : `"${name}"`;
  if (error.keyword === 'enum') {
    return { message: `${subject} must be one of ${error.params.allowedValues.join(', ')}.`, offset: node.offset };
  }
  return { message: `${subject} ${error.message}.`, offset: node.offset };
}

/** A wrong alternative of a `oneOf` says more than that none fits, where the value has that alternative's type. */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const inner = errors.filter(
    ({ keyword, schemaPath }) => keyword !== 'oneOf' && !/oneOf\/\d+\/type$/.test(schemaPath),
  );
  const uncovered = errors.filter(
    ({ keyword, instancePath }) =>
      keyword === 'oneOf' && !inner.some((one) => one.instancePath.startsWith(instancePath)),
  );
  return [...inner, ...uncovered.map((error) => ({ ...error, message: 'must be a name or a list of {models, data}' }))];
}

function failure(mistakes: readonly Mistake[], text: string, file: string): UserError {
  const [first, ...others] = mistakes.toSorted((a, b) => a.offset - b.offset);
  const errors = others.map(
    ({ message, offset }) => new UserError(message, { kind: 'usage', location: locate(text, offset, file) }),
  );
  const message = [first.message, ...errors.map(formatError)].join('\n');
  return new UserError(message, { kind: 'usage', location: locate(text, first.offset, file) });
}

/**
 * The settings in `text`, the contents of `file`. Comments and trailing commas are fine.
 *
 * @throws UserError (usage) with file, line and column of every mistake: syntax, unknown keys, wrong values.
 */
export function parseSettings(text: string, file: string): SettingsValues {
  if (isNestedDeeper(text)) {
    throw usageError(`${file} is nested deeper than ${DEEPEST_JSON} levels.`, 'Settings have four or five.');
  }
  const syntax: ParseError[] = [];
  const root = parseTree(text, syntax, { allowTrailingComma: true });
  if (root === undefined || syntax.length > 0) {
    const mistakes = syntax.map(({ error, offset }) => ({
      message: `This is not JSON: ${printParseErrorCode(error)
        .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
        .toLowerCase()}.`,
      offset,
    }));
    throw failure(mistakes.length > 0 ? mistakes : [{ message: 'The file is empty.', offset: 0 }], text, file);
  }
  const value: unknown = getNodeValue(root);
  if (validate(value)) return value as SettingsValues;
  throw failure(
    relevant(validate.errors ?? []).map((error) => describe(error, root)),
    text,
    file,
  );
}
