/** Reading `prunelens.json`: JSON with comments, checked against the schema, mistakes reported at their lines. */
import Ajv, { type ErrorObject } from 'ajv';
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { DEEPEST_JSON, isNestedDeeper } from '../files/jsonDepth';
import { type SourceLocation, usageError } from '../protocol/errors';
import { type Mistake, mistakesError, outerPaths } from '../protocol/mistakes';
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

type Find = (node: Node, key: string | number) => Node | undefined;

/** Finds properties of objects, by their names, and items of lists; each object is gone through once, however many are looked for. */
function createFind(): Find {
  const known = new WeakMap<Node, ReadonlyMap<string, Node>>();
  return (node, key) => {
    const { type, children = [] } = node;
    if (type === 'array') return children[Number(key)];
    const properties = known.get(node) ?? new Map(children.map((child) => [String(child.children?.[0].value), child]));
    known.set(node, properties);
    return properties.get(String(key));
  };
}

/** The value at `segments`; where there is none, the root. */
function valueAt(root: Node, segments: readonly (string | number)[], find: Find): Node {
  const value = segments.reduce<Node | undefined>((node, key) => {
    const found = node && find(node, key);
    return found?.type === 'property' ? found.children?.[1] : found;
  }, root);
  return value ?? root;
}

function describe(error: ErrorObject, root: Node, find: Find): Mistake {
  const segments = segmentsOf(error.instancePath);
  const node = valueAt(root, segments, find);
  const name = segments.join('.');
  if (error.keyword === 'additionalProperties') {
    const key = error.params.additionalProperty as string;
    const known = Object.keys((error.parentSchema?.properties ?? {}) as object).filter((one) => one !== '$schema');
    const place = name === '' ? '' : ` in "${name}"`;
    const message = `There is no setting "${key}"${place}; known are ${known.join(', ')}.`;
    return { message, offset: find(node, key)?.offset ?? node.offset };
  }
  const subject = name === '' ? 'The settings' : `"${name}"`;
  if (error.keyword === 'enum') {
    return { message: `${subject} must be one of ${error.params.allowedValues.join(', ')}.`, offset: node.offset };
  }
  if (error.keyword === 'maximum') {
    return { message: `${subject} is too large. ${error.parentSchema?.$comment}`, offset: node.offset };
  }
  return { message: `${subject} ${error.message}.`, offset: node.offset };
}

/** A wrong alternative of a `oneOf` says more than that none fits, where the value has that alternative's type. */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const inner = errors.filter(
    ({ keyword, schemaPath }) => keyword !== 'oneOf' && !/oneOf\/\d+\/type$/.test(schemaPath),
  );
  const covered = new Set(inner.flatMap(({ instancePath }) => outerPaths(instancePath)));
  const uncovered = errors.filter(({ keyword, instancePath }) => keyword === 'oneOf' && !covered.has(instancePath));
  return [...inner, ...uncovered.map((error) => ({ ...error, message: 'must be a name or a list of {models, data}' }))];
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
  const at = (offset: number) => locate(text, offset, file);
  const syntax: ParseError[] = [];
  const root = parseTree(text, syntax, { allowTrailingComma: true });
  if (root === undefined || syntax.length > 0) {
    const mistakes = syntax.map(({ error, offset }) => ({
      message: `This is not JSON: ${printParseErrorCode(error)
        .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
        .toLowerCase()}.`,
      offset,
    }));
    throw mistakesError(mistakes.length > 0 ? mistakes : [{ message: 'The file is empty.', offset: 0 }], at);
  }
  const value: unknown = getNodeValue(root);
  if (validate(value)) return value as SettingsValues;
  const find = createFind();
  throw mistakesError(
    relevant(validate.errors ?? []).map((error) => describe(error, root, find)),
    at,
  );
}
