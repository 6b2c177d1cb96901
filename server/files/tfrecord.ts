/**
 * TFRecord, the format of TensorBoard's event files: for each record its length (64 bits, little-endian), a checksum of the length, its
 * bytes, and a checksum of these.
 */
import { crc32c } from './crc32c';

/** A CRC of bytes that hold CRCs themselves is weak, so TFRecord rotates it and adds a constant. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The bytes of a file with these records. */
export function tfrecordBytes(records: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    records.flatMap((record) => {
      const head = Buffer.alloc(12);
      head.writeBigUInt64LE(BigInt(record.length), 0);
      head.writeUInt32LE(masked(head.subarray(0, 8)), 8);
      const tail = Buffer.alloc(4);
      tail.writeUInt32LE(masked(record), 0);
      return [head, record, tail];
    }),
  );
}
