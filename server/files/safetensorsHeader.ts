/** The JSON header of a safetensors file, checked. */
import { visit } from 'jsonc-parser';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { BYTES_PER_ELEMENT, type StoredType } from './elements';

/** Where a tensor's data is, in bytes from the end of the header. */
export interface SafetensorsEntry {
  readonly type: StoredType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** Entries in the order of their data. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: { readonly [key: string]: string };
}

/**
 * Parses and checks the header of the file `path`, whose data has `dataSize` bytes: element types, shapes, and data that
 * fills the file without gaps or overlaps. Throws a UserError that names the file and the tensor.
 */
export function parseSafetensorsHeader(bytes: Uint8Array, dataSize: number, path: string): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...tensors } = parseObject(bytes, path);
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new UserError(`${path}: the safetensors header's __metadata__ must map names to text.`);
  }
  const entries = Object.entries(tensors).map(([name, value]) => [name, parseEntry(name, value, path)] as const);
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);

  let filled = 0;
  let previous = '';
  for (const [name, { begin, end }] of entries) {
    if (begin < filled) throw new UserError(`${path}: the data of tensors '${previous}' and '${name}' overlap.`);
    if (begin > filled) throw new UserError(`${path}: there are unused bytes before the data of tensor '${name}'.`);
    if (end > dataSize) {
      throw new UserError(
        `${path} is truncated: the data of tensor '${name}' ends ${end - dataSize} bytes after the file.`,
      );
    }
    filled = end;
    previous = name;
  }
  if (filled < dataSize) throw new UserError(`${path}: ${dataSize - filled} bytes at the end belong to no tensor.`);
  return { entries: new Map(entries), metadata: metadata as { [key: string]: string } };
}

function parseObject(bytes: Uint8Array, path: string): { [key: string]: unknown } {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw new UserError(`${path} is not a safetensors file: its header is not JSON.`);
  }
  if (!isObject(header)) throw new UserError(`${path} is not a safetensors file: its header is not a JSON object.`);

  checkNames(text, path);
  return header;
}

/** A list in a tensor's entry in the header. */
const DEEPEST = 3;

/** @throws UserError where a name is there twice, of which JSON.parse keeps the last one without a word, or for what no header holds. */
function checkNames(text: string, path: string): void {
  const names = new Set<string>();
  let depth = 0;
  const begin = () => {
    depth++;
    if (depth > DEEPEST) throw new UserError(`${path} is not a safetensors file: its header is nested too deep.`);
  };
  const end = () => {
    depth--;
  };
  visit(text, {
    onObjectBegin: begin,
    onObjectEnd: end,
    onArrayBegin: begin,
    onArrayEnd: end,
    onObjectProperty: (name) => {
      if (depth !== 1) return;
      if (names.has(name)) throw new UserError(`${path}: two tensors are named '${name}'.`);
      names.add(name);
    },
  });
}

function parseEntry(name: string, value: unknown, path: string): SafetensorsEntry {
  const where = `${path}, tensor '${name}'`;
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_PER_ELEMENT, dtype)) {
    const known = Object.keys(BYTES_PER_ELEMENT).join(', ');
    throw new UserError(`${where}: element type ${JSON.stringify(dtype)} is not one of ${known}.`);
  }
  if (!isSizes(shape)) throw new UserError(`${where}: the shape ${JSON.stringify(shape)} is not a list of sizes.`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw new UserError(`${where}: the data offsets ${JSON.stringify(offsets)} are not [begin, end].`);
  }
  const type = dtype as StoredType;
  const [begin, end] = offsets;
  const expected = sizeOf(shape) * BYTES_PER_ELEMENT[type];
  if (end - begin !== expected) {
    throw new UserError(
      `${where}: shape [${shape}] of ${type} needs ${expected} bytes, the offsets span ${end - begin}.`,
    );
  }
  return { type, shape, begin, end };
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
