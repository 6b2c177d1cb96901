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

/** As much as NumPy itself reads of a header, and more. */
const LONGEST_HEADER = 1 << 20;
/** Magic number, version, and length of the header in the first one. */
const FIRST_BYTES = 10;

/** Takes bytes from pieces, so many at a time. */
function readerOf(pieces: AsyncIterator<Uint8Array>) {
  let rest: Uint8Array = new Uint8Array(0);
  return async <T extends Uint8Array>(target: T): Promise<T> => {
    for (let done = 0; done < target.length; ) {
      if (rest.length === 0) {
        const next = await pieces.next();
        // Whoever unpacks the pieces says that there are fewer than there should be.
        if (next.done) break;
        rest = next.value;
      }
      const part = rest.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
      rest = rest.subarray(part.length);
    }
    return target;
  };
}

/**
 * Reads one .npy file of `size` bytes, of which nothing is taken beyond its header where that does not fit the size. Arrays in Fortran
 * order are brought into row-major order. Anything else that is not a plain little-endian array of numbers or booleans is a UserError
 * that starts with `where`.
 */
export async function readNpy(pieces: AsyncGenerator<Uint8Array>, size: number, where: string): Promise<StoredArray> {
  const take = readerOf(pieces);
  try {
    const first = await take(Buffer.alloc(FIRST_BYTES));
    if (size < FIRST_BYTES + 2 || first.toString('latin1', 0, 6) !== '\x93NUMPY') {
      throw new UserError(`${where} is not a NumPy array: it does not start with the NPY magic number.`);
    }
    const version = first[6];
    if (version < 1 || version > 3) throw new UserError(`${where}: NPY format version ${version} is not known.`);
    const isShort = version === 1;
    const length = isShort
      ? first.readUInt16LE(8)
      : Buffer.concat([first.subarray(8), await take(Buffer.alloc(2))]).readUInt32LE();
    const end = FIRST_BYTES + (isShort ? 0 : 2) + length;
    if (end > size) throw new UserError(`${where} is truncated: its header is not complete.`);
    if (length > LONGEST_HEADER) throw new UserError(`${where}: its header has ${length} bytes, which no array needs.`);
    const header = await take(Buffer.alloc(length));

    const { type, shape, fortranOrder } = parseHeader(header.toString('utf8'), where);
    const needed = sizeOf(shape) * BYTES_PER_ELEMENT[type];
    if (size - end !== needed) {
      throw new UserError(
        `${where}: shape [${shape}] of ${type} needs ${needed} bytes, ${size - end} are there (is it truncated?).`,
      );
    }
    const bytes = await take(new Uint8Array(needed));
    // What is left of the pieces is told by whoever unpacks them.
    await pieces.next();
    return { type, shape, bytes: fortranOrder ? rowMajor(bytes, shape, BYTES_PER_ELEMENT[type]) : bytes };
  } finally {
    await pieces.return(undefined);
  }
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
