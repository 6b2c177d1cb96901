/** NumPy's array format (numpy.lib.format, versions 1 to 3). */
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { BYTES_PER_ELEMENT, type StoredType } from './elements';

/** An array as it is stored: little-endian, row-major, `bytes` in a buffer of their own. */
export interface StoredArray {
  readonly type: StoredType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

const TYPES: { readonly [descr: string]: StoredType } = {
  '<f8': 'F64',
  '<f4': 'F32',
  '<f2': 'F16',
  '<i8': 'I64',
  '<i4': 'I32',
  '<i2': 'I16',
  '|i1': 'I8',
  '<u8': 'U64',
  '<u4': 'U32',
  '<u2': 'U16',
  '|u1': 'U8',
  '|b1': 'BOOL',
};

/**
 * Parses one .npy file. Arrays in Fortran order are brought into row-major order. Anything else that is not a plain
 * little-endian array of numbers or booleans is a UserError that starts with `where`.
 */
export function parseNpy(file: Uint8Array, where: string): StoredArray {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || Buffer.from(file.subarray(0, 6)).toString('latin1') !== '\x93NUMPY') {
    throw new UserError(`${where} is not a NumPy array: it does not start with the NPY magic number.`);
  }
  const version = file[6];
  if (version < 1 || version > 3) throw new UserError(`${where}: NPY format version ${version} is not known.`);
  const begin = version === 1 ? 10 : 12;
  const end = begin + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > file.length) throw new UserError(`${where} is truncated: its header is not complete.`);
  const header = Buffer.from(file.subarray(begin, end)).toString('utf8');

  const { type, shape, fortranOrder } = parseHeader(header, where);
  const size = sizeOf(shape) * BYTES_PER_ELEMENT[type];
  if (file.length - end !== size) {
    throw new UserError(
      `${where}: shape [${shape}] of ${type} needs ${size} bytes, ${file.length - end} are there (is it truncated?).`,
    );
  }
  const bytes = file.slice(end);
  return { type, shape, bytes: fortranOrder ? rowMajor(bytes, shape, BYTES_PER_ELEMENT[type]) : bytes };
}

/** The header is a Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. */
function parseHeader(header: string, where: string): { type: StoredType; shape: number[]; fortranOrder: boolean } {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (order === undefined || sizes === undefined)
    throw new UserError(`${where}: the NPY header '${header.trim()}' is malformed.`);
  if (descr === undefined || !Object.hasOwn(TYPES, descr)) {
    const found = descr === undefined ? 'a structured type' : `'${descr}'`;
    throw new UserError(`${where}: the element type is ${found}; save it as float32, int32 or uint8 instead.`);
  }
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  return { type: TYPES[descr], shape, fortranOrder: order === 'True' };
}

/** Elements of `width` bytes from column-major to row-major order. */
function rowMajor(bytes: Uint8Array, shape: Shape, width: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  const strides: number[] = [];
  for (let axis = 0, stride = width; axis < shape.length; axis++) {
    strides.push(stride);
    stride *= shape[axis];
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += width) {
    for (let i = 0; i < width; i++) result[to + i] = bytes[from + i];
    // Counts the row-major index up by one, and `from` along with it.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
