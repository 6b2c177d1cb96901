/** Memory that a fork writes weights into, which so take no way through two pipes (Linux). */
import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { FrameError } from '../../../processes/frames';

export interface AheadMemory {
  /** Where it is for other processes of the user, as long as this one has it. */
  readonly path: string;
  /** The bytes that are in it, which must be so many. @throws FrameError */
  read(bytes: number): Uint8Array;
  close(): void;
}

/** A file system of Linux in memory. */
const FOLDER = '/dev/shm';

/** The file has no name, so nothing is left of it whatever ends. Undefined where the system has no such memory. */
export function openAheadMemory(folder = FOLDER): AheadMemory | undefined {
  const name = join(folder, `prunelens-${randomUUID()}`);
  let file: number;
  try {
    file = openSync(name, 'wx+', 0o600);
    unlinkSync(name);
  } catch {
    return undefined;
  }
  return {
    path: `/proc/${process.pid}/fd/${file}`,
    read(bytes) {
      const found = fstatSync(file).size;
      if (found !== bytes) throw new FrameError(`it has written ${found} bytes ahead, not ${bytes}`);
      const body = Buffer.allocUnsafeSlow(bytes);
      for (let place = 0; place < bytes; ) {
        const count = readSync(file, body, place, bytes - place, place);
        if (count === 0) throw new FrameError('what it has written ahead is gone');
        place += count;
      }
      return body;
    },
    close: () => closeSync(file),
  };
}
