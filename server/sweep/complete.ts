/** What can stand at a place of a sweep's file: keys of its schema, and names of methods and data sets. */
import { DATASETS } from '../protocol/catalogue/datasets';
import type { SweepCompletion } from '../protocol/worker';
import { methodNames, methodTitle } from '../request/comparedMethods';
import schema from './sweep.schema.json';

/** As far as completions need it. */
interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly properties?: { readonly [key: string]: Schema };
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

interface Value {
  readonly text: string;
  readonly detail?: string;
}

/** A place in the text: the keys around it, and what is typed there. */
interface Place {
  readonly path: readonly string[];
  /** It is a value of the last key of the path, and no key. */
  readonly isValue: boolean;
  /** Where what is typed begins. */
  readonly column: number;
}

const KEY = /^([\w-]+)\s*:\s*/;

/** Without the dashes of list items, and how far the rest is indented. */
function partsOf(line: string): { readonly indent: number; readonly isItem: boolean; readonly rest: string } {
  const [lead] = /^\s*(?:-\s+)*(?:-$)?/.exec(line)!;
  return { indent: lead.length, isItem: lead.includes('-'), rest: line.slice(lead.length) };
}

/** Keys of the lines above that a line of this indentation is in, from the outside in. */
function keysAround(lines: readonly string[], line: number, indent: number): readonly string[] {
  for (let above = line - 1; above >= 0; above--) {
    const { indent: outer, rest } = partsOf(lines[above]);
    const key = KEY.exec(rest)?.[1];
    if (key === undefined || outer >= indent) continue;
    return [...keysAround(lines, above, outer), key];
  }
  return [];
}

/** Where the last value of a list begins that is written in a line: behind `[` and commas. */
function lastValue(text: string): number {
  const [before] = /^.*[[,]\s*/.exec(text) ?? [''];
  return before.length;
}

function placeAt(lines: readonly string[], line: number, character: number): Place {
  const typed = lines[line].slice(0, character);
  const { indent, isItem, rest } = partsOf(typed);
  const found = KEY.exec(rest);
  if (found) {
    const [before, key] = found;
    const column = indent + before.length + lastValue(rest.slice(before.length));
    return { path: [...keysAround(lines, line, indent), key], isValue: true, column };
  }
  const path = keysAround(lines, line, indent);
  return { path, isValue: isItem, column: indent };
}

/** The schema at a path; in a list, that of its items. */
function schemaAt(path: readonly string[]): Schema | undefined {
  let found: Schema | undefined = schema as Schema;
  for (const key of path) found = withProperties(found)?.properties?.[key];
  return found;
}

/** The alternative of a schema that is a map. */
function withProperties(one: Schema | undefined): Schema | undefined {
  if (!one || one.properties) return one;
  const inner = [...(one.oneOf ?? []), ...(one.items ? [one.items] : [])];
  return inner.map(withProperties).find((alternative) => alternative?.properties);
}

/** The values that a schema names. */
function namedValues(one: Schema): readonly Value[] {
  const own = one.enum?.map(String) ?? (one.type === 'boolean' ? ['true', 'false'] : []);
  const inner = [...(one.oneOf ?? []), ...(one.items ? [one.items] : [])].flatMap(namedValues);
  return [...own.map((text) => ({ text })), ...inner];
}

const LISTED: { readonly [key: string]: () => readonly Value[] } = {
  methods: () => methodNames.map((text) => ({ text, detail: methodTitle(text) })),
  data: () => Object.values(DATASETS).map(({ name, title }) => ({ text: name, detail: title })),
};

/**
 * What can stand at a line and character of a text, both from 0.
 *
 * @returns Nothing where anything can, such as the name of a model.
 */
export function completeSweep(text: string, line: number, character: number): readonly SweepCompletion[] {
  const lines = text.split(/\r?\n/);
  if (line >= lines.length) return [];
  const { path, isValue, column } = placeAt(lines, line, character);
  const found = schemaAt(path);
  if (!found) return [];
  if (isValue) {
    const values = [...(LISTED[path.at(-1) ?? '']?.() ?? []), ...namedValues(found)];
    const seen = new Set<string>();
    const once = values.filter((value) => !seen.has(value.text) && seen.add(value.text));
    return once.map((value) => ({ kind: 'value', ...value, column }));
  }
  const { properties = {} } = withProperties(found) ?? {};
  return Object.entries(properties).map(([key, { description }]) => ({
    kind: 'key',
    text: key,
    column,
    ...(description !== undefined && { detail: description }),
  }));
}
