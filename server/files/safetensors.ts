/**
 * The safetensors format (https://github.com/huggingface/safetensors): an 8-byte little-endian header length, a JSON
 * header `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__: { key: text } }`, then the raw row-major
 * data of all tensors without gaps.
 */
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../protocol/errors';
import type { HostTensor, Shape } from '../protocol/tensor';
import { sizeOf } from '../protocol/tensor';
import { writeFileAtomic } from './atomic';
import { BYTES_PER_ELEMENT, decodeElements, isFloat, type StoredType } from './elements';
import { fileFailure } from './failures';
import { checkMemory } from './memory';
import { openRegular, readRange } from './regular';
import { parseSafetensorsHeader, type SafetensorsEntry } from './safetensorsHeader';

/** Everything a safetensors file holds. */
export interface SafetensorsFile {
  /** In the order of their data. */
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: { readonly [key: string]: string };
}

/** An open file whose tensors are read one by one. */
export interface SafetensorsReader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: { readonly [key: string]: string };
  /** The raw bytes of a tensor, in a buffer of their own. */
  readBytes(name: string): Promise<Uint8Array>;
  readTensor(name: string): Promise<HostTensor>;
}

/**
 * Opens the file at `path` for `use` and closes it afterwards. A missing, truncated or malformed file is a UserError
 * that names the file and what is wrong with it.
 */
export async function withSafetensors<T>(path: string, use: (reader: SafetensorsReader) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await openRegular(path);
    return await use(await createReader(file, path));
  } catch (error) {
    throw fileFailure(error, 'read', path);
  } finally {
    await file?.close();
  }
}

/**
 * Reads all tensors. F16 and BF16 become float32, F64 stays a Float64Array under dtype `float32`, all integer and boolean
 * types become int32 (64-bit values are checked to fit). Errors as in `withSafetensors`.
 */
export function readSafetensors(path: string): Promise<SafetensorsFile> {
  return withSafetensors(path, async (reader) => {
    const tensors = new Map<string, HostTensor>();
    for (const name of reader.entries.keys()) tensors.set(name, await reader.readTensor(name));
    return { tensors, metadata: reader.metadata };
  });
}

/** As the format says. */
const LONGEST_HEADER = 100_000_000;

async function createReader(file: FileHandle, path: string): Promise<SafetensorsReader> {
  const fileSize = (await file.stat()).size;
  const lengthField = fileSize < 8 ? undefined : await readRange(file, path, 0, 8);
  const headerLength = lengthField && Number(new DataView(lengthField.buffer).getBigUint64(0, true));
  if (headerLength !== undefined && headerLength > LONGEST_HEADER && headerLength <= fileSize - 8) {
    throw new UserError(
      `${path}: its header has ${headerLength} bytes; a safetensors header has ${LONGEST_HEADER} at most.`,
    );
  }
  if (headerLength === undefined || headerLength < 2 || headerLength > fileSize - 8) {
    throw new UserError(`${path} is not a safetensors file, or is truncated: its header does not fit in its size.`);
  }
  const { entries, metadata } = parseSafetensorsHeader(
    await readRange(file, path, 8, headerLength),
    fileSize - 8 - headerLength,
    path,
  );
  const entry = (name: string): SafetensorsEntry => {
    const found = entries.get(name);
    if (!found) throw new UserError(`${path} has no tensor '${name}'.`);
    return found;
  };
  const readBytes = async (name: string) => {
    const { begin, end } = entry(name);
    checkMemory(`${path}, tensor '${name}',`, end - begin, 'folder');
    return readRange(file, path, 8 + headerLength + begin, end - begin);
  };
  return {
    entries,
    metadata,
    readBytes,
    async readTensor(name) {
      const { type, shape } = entry(name);
      return hostTensor(shape, decodeElements(type, await readBytes(name), `${path}, tensor '${name}'`));
    },
  };
}

function hostTensor(shape: Shape, data: HostTensor['data']): HostTensor {
  return { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data };
}

/** How `writeSafetensors` stores tensors. */
export interface SafetensorsOptions {
  readonly metadata?: { readonly [key: string]: string };
  /**
   * One element type for all tensors, or those of some by their names; values that it cannot hold are an error. By default
   * Float32Array is stored as F32, Float64Array as F64 and Int32Array as I32. Masks are stored as `U8`.
   */
  readonly storage?: StorageType | ReadonlyMap<string, StorageType>;
}

/** Element types that are written. */
export type StorageType = 'F32' | 'F64' | 'I32' | 'I64' | 'U8' | 'BOOL';

/**
 * Writes `tensors` under their names, all or nothing; data lies in their order, wider element types first. Throws a UserError where the file cannot be written,
 * and a RangeError where a tensor's data does not match its shape or the storage type.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor> | { readonly [name: string]: HostTensor },
  options: SafetensorsOptions = {},
): Promise<void> {
  const named: [string, HostTensor][] = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  // Wider types first keeps every tensor aligned to its element size, which readers that map the file rely on.
  const stored = named
    .map(([name, tensor]) => ({ name, tensor, type: storageOf(name, options) ?? naturalType(tensor) }))
    .sort((a, b) => BYTES_PER_ELEMENT[b.type] - BYTES_PER_ELEMENT[a.type]);

  const header: [string, unknown][] = options.metadata ? [['__metadata__', options.metadata]] : [];
  let offset = 0;
  for (const { name, tensor, type } of stored) {
    if (name === '__metadata__') throw new RangeError("a tensor cannot be named '__metadata__'");
    if (sizeOf(tensor.shape) !== tensor.data.length) {
      throw new RangeError(`tensor '${name}': ${tensor.data.length} values for shape [${tensor.shape}]`);
    }
    const end = offset + tensor.data.length * BYTES_PER_ELEMENT[type];
    header.push([name, { dtype: type, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  // Spaces after the JSON make the data start at a multiple of 8, as the reference implementation does.
  const prefix = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  prefix.writeBigUInt64LE(BigInt(prefix.length - 8), 0);
  text.copy(prefix, 8);

  function* parts() {
    yield prefix as Uint8Array;
    for (const { name, tensor, type } of stored) yield encode(name, tensor.data, type);
  }
  await writeFileAtomic(path, parts());
}

function storageOf(name: string, { storage }: SafetensorsOptions): StorageType | undefined {
  return typeof storage === 'string' ? storage : storage?.get(name);
}

function naturalType(tensor: HostTensor): StoredType {
  if (tensor.data instanceof Int32Array) return 'I32';
  return tensor.data instanceof Float64Array ? 'F64' : 'F32';
}

/** The bytes of `data` as elements of `type`; shares memory where nothing has to be converted. */
function encode(name: string, data: HostTensor['data'], type: StoredType): Uint8Array {
  if (type === 'I64' && data instanceof Int32Array) {
    return new Uint8Array(BigInt64Array.from(data, (value) => BigInt(value)).buffer);
  }
  const values = convert(data, type);
  if (values !== data && !isFloat(type)) {
    for (let i = 0; i < data.length; i++) {
      if (values[i] !== data[i] || (type === 'BOOL' && values[i] > 1)) {
        throw new RangeError(`tensor '${name}': ${data[i]} at index ${i} cannot be stored as ${type}`);
      }
    }
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function convert(data: HostTensor['data'], type: StoredType): HostTensor['data'] | Uint8Array {
  switch (type) {
    case 'F32':
      return data instanceof Float32Array ? data : new Float32Array(data);
    case 'F64':
      return data instanceof Float64Array ? data : new Float64Array(data);
    case 'I32':
      return data instanceof Int32Array ? data : new Int32Array(data);
    default:
      return new Uint8Array(data);
  }
}
