/** Reading the file of a sweep: YAML, checked against the schema, every mistake with its line. */
import Ajv, { type ErrorObject } from 'ajv';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml';
import { fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import { formatPath } from '../format';
import { usageError } from '../protocol/errors';
import { type Mistake, mistakesError, outerPaths } from '../protocol/mistakes';
import { isMethod, methodNames } from '../request/comparedMethods';
import { isNestedTooDeep } from './depth';
import { publishedIds } from './published';
import schema from './sweep.schema.json';
import type { SweepFile } from './types';

type Path = readonly (string | number)[];

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

/** Where keys of maps begin, by the maps: each is gone through once, however many are looked for. */
type KeyOffsets = WeakMap<object, ReadonlyMap<unknown, number>>;

function offsetsOfKeys(map: YAMLMap): ReadonlyMap<unknown, number> {
  const keys = map.items.map(({ key }) => key).filter(isScalar);
  return new Map(keys.flatMap(({ value, range }) => (range ? [[value, range[0]]] : [])));
}

/** Where the key of an entry of the map at `path` begins. */
function offsetOfKey(document: Document, path: Path, key: string, known: KeyOffsets): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return offsetOf(document, path);
  const offsets = known.get(map) ?? offsetsOfKeys(map);
  known.set(map, offsets);
  return offsets.get(key) ?? offsetOf(document, path);
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
  const placeOf = (schemaPath: string, instancePath: string) => JSON.stringify([schemaPath, instancePath]);
  const choices = new Set(
    errors
      .filter(({ keyword }) => keyword === 'oneOf')
      .map(({ schemaPath, instancePath }) => placeOf(schemaPath, instancePath)),
  );
  // Alternatives that are for values of another type.
  const inapplicable = new Set(
    errors.flatMap(({ keyword, schemaPath, instancePath }) => {
      const [, alternative, choice] = outerPaths(schemaPath);
      return keyword === 'type' && choices.has(placeOf(choice, instancePath)) ? [alternative] : [];
    }),
  );
  const applicable = errors.filter(({ schemaPath }) => !outerPaths(schemaPath).some((path) => inapplicable.has(path)));
  const explained = new Set(applicable.flatMap(({ schemaPath }) => outerPaths(schemaPath).slice(1)));
  return applicable.filter(({ keyword, schemaPath }) => keyword !== 'oneOf' || !explained.has(schemaPath));
}

function describe(error: ErrorObject, document: Document, known: KeyOffsets): Mistake {
  const path = segmentsOf(error.instancePath);
  const name = path.join('.');
  const subject = name === '' ? 'The sweep' : `"${name}"`;
  if (error.keyword === 'additionalProperties') {
    const key = error.params.additionalProperty as string;
    const names = Object.keys((error.parentSchema?.properties ?? {}) as object).join(', ');
    const message = `There is no "${key}"${name === '' ? '' : ` in "${name}"`}; known are ${names}.`;
    return { message, offset: offsetOfKey(document, path, key, known) };
  }
  const offset = offsetOf(document, path);
  if (error.keyword === 'required') {
    return { message: `${subject} needs "${error.params.missingProperty as string}".`, offset };
  }
  if (error.keyword === 'enum') {
    return { message: `${subject} must be ${(error.params.allowedValues as string[]).join(' or ')}.`, offset };
  }
  if (error.keyword === 'maximum') {
    return { message: `${subject} is too large. ${error.parentSchema?.$comment}`, offset };
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

/** Keys that a map has twice. */
function repeatedKeys(document: Document): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const { value, range } = key;
        if (seen.has(value)) mistakes.push({ message: `"${String(value)}" is there twice.`, offset: range?.[0] ?? 0 });
        seen.add(value);
      }
    },
  });
  return mistakes;
}

/** The sweep in a text, or what is wrong with it: syntax, keys that are there twice or unknown, unknown names, wrong values. */
function sweepIn(text: string): { readonly sweep: SweepFile } | Wrong {
  const lines = new LineCounter();
  // Its own check compares each key with all others.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const wrong = (mistakes: readonly Mistake[]): Wrong => ({ mistakes, lines });
  if (document.errors.length > 0) {
    return wrong(
      document.errors.map(({ message, pos }) => ({
        message: `This is not YAML: ${message.replace(/\.?$/, '.')}`,
        offset: pos[0],
      })),
    );
  }
  const repeated = repeatedKeys(document);
  if (repeated.length > 0) return wrong(repeated);
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return wrong([{ message: 'The file is empty.', offset: 0 }]);
  if (!validate(value)) {
    const known: KeyOffsets = new WeakMap();
    return wrong(relevant(validate.errors ?? []).map((error) => describe(error, document, known)));
  }
  const sweep = value as unknown as SweepFile;
  const unknown = unknownNames(sweep, document);
  return unknown.length > 0 ? wrong(unknown) : { sweep };
}

interface Wrong {
  readonly mistakes: readonly Mistake[];
  /** Of the text. */
  readonly lines: LineCounter;
}

/** Line and column, both from 1 on. */
function placeOf(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

const TOO_DEEP = 'A sweep has three levels or four.';

/** A mistake with its place in the text, from line 1 and column 1 on. */
export interface LocatedMistake {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** So many mistakes are told of a text that is being written. */
const MOST_MARKED = 100;

/** The sweep in a text that is being written, or what is wrong with it. */
export function checkSweepText(
  text: string,
): { readonly sweep: SweepFile } | { readonly mistakes: readonly LocatedMistake[] } {
  if (isNestedTooDeep(text))
    return { mistakes: [{ message: `This is nested too deep. ${TOO_DEEP}`, line: 1, column: 1 }] };
  const read = sweepIn(text);
  if ('sweep' in read) return read;
  const { mistakes, lines } = read;
  return {
    mistakes: mistakes
      .toSorted((a, b) => a.offset - b.offset)
      .slice(0, MOST_MARKED)
      .map(({ message, offset }) => ({ message, ...placeOf(lines, offset) })),
  };
}

/**
 * The sweep in `text`, the contents of `file`.
 *
 * @throws UserError (usage) with file, line and column of every mistake: syntax, unknown keys and names, wrong values.
 */
export function parseSweep(text: string, file: string): SweepFile {
  if (isNestedTooDeep(text)) throw usageError(`${formatPath(file)} is nested too deep.`, TOO_DEEP);
  const read = sweepIn(text);
  if ('sweep' in read) return read.sweep;
  const { mistakes, lines } = read;
  throw mistakesError(mistakes, (offset) => ({ file: formatPath(file), ...placeOf(lines, offset) }));
}

/** The sweep in `file`. @throws UserError where it cannot be read, or as `parseSweep`. */
export async function readSweep(file: string): Promise<SweepFile> {
  const text = await readText(file).catch((error) => {
    throw fileFailure(error, 'read', file);
  });
  return parseSweep(text, file);
}
