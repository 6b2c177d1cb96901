/** Reading the file of a sweep: YAML, checked against the schema, every mistake with its line. */
import { readFile } from 'node:fs/promises';
import Ajv, { type ErrorObject } from 'ajv';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { fileFailure } from '../files/failures';
import { formatPath } from '../format';
import { formatError, UserError } from '../protocol/errors';
import { isMethod, methodNames } from '../request/comparedMethods';
import { publishedIds } from './published';
import schema from './sweep.schema.json';
import type { SweepFile } from './types';

type Path = readonly (string | number)[];

interface Mistake {
  readonly message: string;
  /** Where in the text. */
  readonly offset: number;
}

const validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile(schema);

function segmentsOf(pointer: string): Path {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/** Where the value at `path` begins; where it is not written, that of what it would be in. */
function offsetOf(document: Document, path: Path): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isNode(node) && node.range) return node.range[0];
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

/** Where the key of an entry of the map at `path` begins. */
function offsetOfKey(document: Document, path: Path, key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
  return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(document, path);
}

const KINDS: { readonly [type: string]: string } = {
  string: 'a name',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

function kindOf(alternative: { readonly type?: string; readonly enum?: readonly string[] }): string {
  return alternative.enum?.join(', ') ?? KINDS[alternative.type ?? ''];
}

/** Errors that say what is wrong: of alternatives only those that are of the value's type, or else their choice. */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf');
  const isInapplicable = (error: ErrorObject) =>
    choices.some((choice) => {
      if (!error.schemaPath.startsWith(`${choice.schemaPath}/`)) return false;
      const alternative = error.schemaPath.slice(choice.schemaPath.length + 1).split('/')[0];
      return errors.some(
        (other) =>
          other.keyword === 'type' &&
          other.instancePath === choice.instancePath &&
          other.schemaPath === `${choice.schemaPath}/${alternative}/type`,
      );
    });
  const applicable = errors.filter((error) => !isInapplicable(error));
  return applicable.filter(
    (error) =>
      error.keyword !== 'oneOf' ||
      !applicable.some((other) => other !== error && other.schemaPath.startsWith(`${error.schemaPath}/`)),
  );
}

function describe(error: ErrorObject, document: Document): Mistake {
  const path = segmentsOf(error.instancePath);
  const name = path.join('.');
  const subject = name === '' ? 'The sweep' : `"${name}"`;
  if (error.keyword === 'additionalProperties') {
    const key = error.params.additionalProperty as string;
    const known = Object.keys((error.parentSchema?.properties ?? {}) as object).join(', ');
    const message = `There is no "${key}"${name === '' ? '' : ` in "${name}"`}; known are ${known}.`;
    return { message, offset: offsetOfKey(document, path, key) };
  }
  const offset = offsetOf(document, path);
  if (error.keyword === 'required') {
    return { message: `${subject} needs "${error.params.missingProperty as string}".`, offset };
  }
  if (error.keyword === 'enum') {
    return { message: `${subject} must be ${(error.params.allowedValues as string[]).join(' or ')}.`, offset };
  }
  if (error.keyword === 'type') return { message: `${subject} must be ${KINDS[error.params.type as string]}.`, offset };
  if (error.keyword === 'oneOf') {
    const alternatives = (error.schema as Parameters<typeof kindOf>[0][]).map(kindOf);
    return { message: `${subject} must be ${alternatives.join(' or ')}.`, offset };
  }
  return { message: `${subject} ${error.message}.`, offset };
}

function unknownNames(sweep: SweepFile, document: Document): Mistake[] {
  const check = (
    names: readonly string[],
    section: string,
    what: string,
    known: readonly string[],
    isKnown: (name: string) => boolean,
  ) =>
    names.flatMap((name, index) =>
      isKnown(name)
        ? []
        : [
            {
              message: `There is no ${what} "${name}"; known are ${known.join(', ')}.`,
              offset: offsetOf(document, [section, index]),
            },
          ],
    );
  const { published } = sweep;
  return [
    ...check(sweep.methods, 'methods', 'method', methodNames, isMethod),
    ...(Array.isArray(published)
      ? check(published, 'published', 'published table', publishedIds, (id) => publishedIds.includes(id))
      : []),
  ];
}

/** A mistake with its place in the text, from line 1 and column 1 on. */
export interface LocatedMistake {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

function located(mistakes: readonly Mistake[], lines: LineCounter): readonly LocatedMistake[] {
  return [...mistakes]
    .sort((a, b) => a.offset - b.offset)
    .map(({ message, offset }) => {
      const { line, col } = lines.linePos(offset);
      return { message, line: Math.max(1, line), column: Math.max(1, col) };
    });
}

/** The sweep in a text, or what is wrong with it: syntax, unknown keys and names, wrong values. */
export function checkSweepText(
  text: string,
): { readonly sweep: SweepFile } | { readonly mistakes: readonly LocatedMistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const wrong = (mistakes: readonly Mistake[]) => ({ mistakes: located(mistakes, lines) });
  if (document.errors.length > 0) {
    return wrong(
      document.errors.map(({ message, pos }) => ({
        message: `This is not YAML: ${message.replace(/\.?$/, '.')}`,
        offset: pos[0],
      })),
    );
  }
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return wrong([{ message: 'The file is empty.', offset: 0 }]);
  if (!validate(value)) return wrong(relevant(validate.errors ?? []).map((error) => describe(error, document)));
  const sweep = value as unknown as SweepFile;
  const unknown = unknownNames(sweep, document);
  return unknown.length > 0 ? wrong(unknown) : { sweep };
}

function failure(mistakes: readonly LocatedMistake[], file: string): UserError {
  const errors = mistakes.map(
    ({ message, line, column }) =>
      new UserError(message, { kind: 'usage', location: { file: formatPath(file), line, column } }),
  );
  const [first, ...others] = errors;
  const message = [first.message, ...others.map(formatError)].join('\n');
  return new UserError(message, { kind: 'usage', ...(first.location && { location: first.location }) });
}

/**
 * The sweep in `text`, the contents of `file`.
 *
 * @throws UserError (usage) with file, line and column of every mistake.
 */
export function parseSweep(text: string, file: string): SweepFile {
  const checked = checkSweepText(text);
  if ('mistakes' in checked) throw failure(checked.mistakes, file);
  return checked.sweep;
}

/** The sweep in `file`. @throws UserError where it cannot be read, or as `parseSweep`. */
export async function readSweep(file: string): Promise<SweepFile> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw fileFailure(error, 'read', file);
  });
  return parseSweep(text, file);
}
