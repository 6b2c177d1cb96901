/** How a file of HDF5 begins, looked at before all of it is taken into memory. */
import { UserError } from '../../../protocol/errors';

const SIGNATURE = '\x89HDF\r\n\x1a\n';
/** From this version on the superblock has its addresses earlier. */
const SHORT_SINCE = 2;
/** Bytes that a file may have after its end, as its superblock tells it. */
const SLACK = 1 << 20;

/** Whether a file begins as one of HDF5. */
export const isHdf5 = (start: Uint8Array) => Buffer.from(start.subarray(0, 8)).toString('latin1') === SIGNATURE;

/** Bytes of the file as its superblock tells them; undefined where its addresses have an unusual size. */
function toldSize(start: Buffer): number | undefined {
  const isShort = start[8] >= SHORT_SINCE;
  if (start[isShort ? 9 : 13] !== 8) return undefined;
  // Base address, then that of free space or of the superblock's extension, then the end; version 1 has four bytes more before them.
  const addresses = isShort ? 12 : start[8] === 1 ? 28 : 24;
  return Number(start.readBigUInt64LE(addresses + 16));
}

/**
 * @param start The first bytes of the file: all of a shorter one.
 * @param size Of the whole file, in bytes.
 * @param name The file, for messages.
 * @throws UserError where they are not those of a file of HDF5 of this size.
 */
export function checkHdf5Start(start: Uint8Array, size: number, name: string): void {
  const hint = 'Copy it anew, or save the model again.';
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (bytes.length < 64 || !isHdf5(bytes)) {
    throw new UserError(`${name} is damaged: it cannot be read as HDF5.`, { hint });
  }
  const told = toldSize(bytes);
  if (told === undefined || (told <= size && size <= told + SLACK)) return;
  throw new UserError(`${name} is damaged: it should have ${told} bytes and has ${size}.`, { hint });
}
