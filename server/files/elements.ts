/** Element types that array files use, and their values as the product's own types. All files are little-endian. */
import { UserError } from '../protocol/errors';
import type { HostTensor } from '../protocol/tensor';

/** Named as safetensors names them. */
export type StoredType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: { readonly [K in StoredType]: number } = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** Whether values of the type are read as floating point. */
export function isFloat(type: StoredType): boolean {
  return type === 'F64' || type === 'F32' || type === 'F16' || type === 'BF16';
}

/**
 * The values in `bytes`: floats as Float32Array (F64 stays Float64Array), integers and booleans as Int32Array. 64-bit and
 * unsigned integers that do not fit 32 bits are a UserError that starts with `where`. 4- and 8-byte types share memory with
 * `bytes` where they can, which therefore must start at a multiple of 8 in its buffer.
 */
export function decodeElements(type: StoredType, bytes: Uint8Array, where: string): HostTensor['data'] {
  const { buffer, byteOffset } = bytes;
  const count = bytes.length / BYTES_PER_ELEMENT[type];
  switch (type) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, count);
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
      return convert(new Uint16Array(buffer, byteOffset, count), new Float32Array(count), halfToNumber);
    case 'BF16':
      return brainFloats(new Uint16Array(buffer, byteOffset, count));
    case 'I64':
    case 'U64':
      return narrow(type, new Int32Array(buffer, byteOffset, 2 * count), where);
    case 'I32':
      return new Int32Array(buffer, byteOffset, count);
    case 'U32':
      return checkedSigned(new Int32Array(buffer, byteOffset, count), where);
    case 'I16':
      return new Int32Array(new Int16Array(buffer, byteOffset, count));
    case 'U16':
      return new Int32Array(new Uint16Array(buffer, byteOffset, count));
    case 'I8':
      return new Int32Array(new Int8Array(buffer, byteOffset, count));
    case 'U8':
      return new Int32Array(bytes);
    case 'BOOL':
      return convert(bytes, new Int32Array(count), (value) => (value === 0 ? 0 : 1));
  }
}

function convert<T extends Float32Array | Int32Array>(
  from: Uint8Array | Uint16Array,
  to: T,
  value: (stored: number) => number,
): T {
  for (let i = 0; i < to.length; i++) to[i] = value(from[i]);
  return to;
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function brainFloats(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

/** 64-bit integers, given as (low, high) words, as 32-bit ones. */
function narrow(type: 'I64' | 'U64', words: Int32Array, where: string): Int32Array {
  const values = new Int32Array(words.length / 2);
  for (let i = 0; i < values.length; i++) {
    const low = words[2 * i];
    const high = words[2 * i + 1];
    if (high !== low >> 31 || (type === 'U64' && high !== 0)) throw doesNotFit(where, i);
    values[i] = low;
  }
  return values;
}

function checkedSigned(values: Int32Array, where: string): Int32Array {
  const wrong = values.findIndex((value) => value < 0);
  if (wrong >= 0) throw doesNotFit(where, wrong);
  return values;
}

function doesNotFit(where: string, index: number): UserError {
  return new UserError(`${where}: element ${index} does not fit in a signed 32-bit integer.`);
}
