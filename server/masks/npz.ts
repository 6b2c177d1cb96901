/** NumPy's archives of arrays, written: a zip file with one .npy file (format version 1) an array. */
import { zipSync } from 'fflate';
import { writeFileAtomic } from '../files/atomic';
import type { Shape } from '../protocol/tensor';

export interface BooleanArray {
  readonly name: string;
  readonly shape: Shape;
  /** 0 and 1. */
  readonly values: Uint8Array;
}

/** Magic number, version 1.0 and the length of the header take so many bytes. */
const PREAMBLE = 10;
/** The data of an .npy file starts at a multiple of it. */
const ALIGNMENT = 64;

function encodeNpy({ shape, values }: BooleanArray): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '|b1', 'fortran_order': False, 'shape': (${tuple}), }`;
  const begin = Math.ceil((PREAMBLE + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(begin, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(begin - PREAMBLE, 8);
  header.write(dictionary, PREAMBLE, 'latin1');
  header.write('\n', begin - 1);
  return Buffer.concat([header, values]);
}

/** Writes boolean arrays under their names, all or nothing. Throws a UserError where the file cannot be written. */
export async function writeNpz(path: string, arrays: readonly BooleanArray[]): Promise<void> {
  const files = Object.fromEntries(arrays.map((array) => [`${array.name}.npy`, encodeNpy(array)]));
  await writeFileAtomic(path, zipSync(files, { level: 6 }));
}
