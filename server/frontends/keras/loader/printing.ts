/** What the user's code prints goes out at once. */
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { errorCode } from '../../../files/failures';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** Milliseconds until a pipe that is full is tried again. */
const PAUSE = 1;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}

/** Writes all of `bytes`, and waits for whoever reads. Where nobody does any more, they are dropped. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') return;
      pause();
    }
  }
}

/**
 * Replaces `process.stdout` and `process.stderr`. Those of Node queue what a pipe does not take at once until the code comes to rest, which
 * a loop never does: what it prints would fill the memory.
 */
export function printAtOnce(): void {
  for (const [name, descriptor] of Object.entries(DESCRIPTORS)) {
    const stream = new Writable({
      write(bytes: Uint8Array, _encoding, done) {
        writeAll(descriptor, bytes);
        done();
      },
    });
    Object.defineProperty(process, name, { value: Object.assign(stream, { fd: descriptor }), configurable: true });
  }
}
