/** How far calls are sent ahead: so far that the device never waits for this process, and not so far that memory fills. */
import type { Connection } from './connection';
import type { Message } from './messages';

/** Runs, and bytes, after which an acknowledgement is asked for. */
const RUNS = 8;
const BYTES = 2 ** 24;

/** Acknowledgements that may be on their way, and bytes that they stand for. */
const OUTSTANDING = 3;
const OUTSTANDING_BYTES = 2 ** 26;

export interface Flow {
  /** So many bytes were sent. */
  sent(bytes: number): void;
  /** Has a program run; resolves when more may be sent. @throws the error of a process that has ended. */
  run(connection: Connection, message: Message & { readonly kind: 'run' }): Promise<void>;
}

export function createFlow(): Flow {
  let [runs, bytes] = [0, 0];
  const outstanding: { readonly done: Promise<void>; readonly bytes: number }[] = [];
  const waits = () =>
    outstanding.length > OUTSTANDING || outstanding.reduce((sum, one) => sum + one.bytes, 0) > OUTSTANDING_BYTES;
  return {
    sent(count) {
      bytes += count;
    },
    async run(connection, message) {
      runs += 1;
      if (runs < RUNS && bytes < BYTES) {
        connection.send(message);
        return;
      }
      const done = connection.sendAndWait(message);
      // It may fail before it is waited for.
      done.catch(() => {});
      outstanding.push({ done, bytes });
      [runs, bytes] = [0, 0];
      while (waits()) await outstanding.shift()!.done;
    },
  };
}
