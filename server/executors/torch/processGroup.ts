/** Processes of Python that compute together, one for each device: they begin together, and end where one of them ends. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { withTemporaryFolder } from '../../files/temporaryFolder';
import { type UserError, usageError } from '../../protocol/errors';
import type { PythonToStart } from '../../python/start';
import { threadCount } from '../processor';
import { type Connection, connect } from './connection';
import type { TorchOptions } from './options';

/** Milliseconds in which a process that has ended is heard of, after the others could not go on without it. */
const PATIENCE = 2000;

export interface ProcessGroup {
  /** In the order of the devices. */
  readonly connections: readonly Connection[];
  /** Resolves when they have met. @throws UserError */
  readonly joined: Promise<void>;
  close(): Promise<void>;
}

/** @throws UserError (usage) where the devices cannot train one network together. */
export function checkDevices(devices: readonly string[]): void {
  const kinds = [...new Set(devices.map((device) => device.replace(/:.*/, '')))];
  const repeated = devices.find((device, i) => device !== 'cpu' && devices.indexOf(device) !== i);
  if (devices.length < 2) {
    throw usageError('--devices names those that train one network together, and there is one.', 'Use --device.');
  }
  if (kinds.length > 1) {
    throw usageError(`--devices are of one kind, and these are ${kinds.join(' and ')}.`, 'Choose those of one kind.');
  }
  if (repeated !== undefined) throw usageError(`--devices names ${repeated} twice.`, 'Name each device once.');
}

/** Starts a process for each device. Nothing has to be waited for, as with one. */
export function startTogether(python: PythonToStart, options: TorchOptions, devices: readonly string[]): ProcessGroup {
  checkDevices(devices);
  const count = devices.length;
  const threads = devices[0] === 'cpu' ? Math.max(1, Math.floor(threadCount() / count)) : undefined;
  const endAll = (error: UserError): void => {
    for (const connection of connections) connection.abort(error);
  };
  const onSharedFailure = async (error: UserError): Promise<void> => {
    await setTimeout(PATIENCE, undefined, { ref: false });
    endAll(error);
  };
  const connections = devices.map((device, i) =>
    connect(
      python,
      { ...options, device },
      {
        place: ` on device ${i + 1} of ${count} (${device})`,
        threads,
        onSharedFailure: (error) => void onSharedFailure(error),
      },
    ),
  );
  let isClosing = false;
  for (const { end } of connections) void end.then((error) => isClosing || endAll(error));
  const closed = Promise.all(connections.map(({ ended }) => ended));
  const joined = new Promise<void>((resolve, reject) => {
    // They have the file until they end.
    withTemporaryFolder(async (folder) => {
      const place = join(folder, 'meeting');
      const meet = ({ request }: Connection, rank: number) => request('join', { rank, count, place });
      await Promise.all(connections.map(meet)).then(() => resolve(), reject);
      await closed;
    }).catch(reject);
  });
  // They may end before anybody waits for it.
  joined.catch(() => {});
  return {
    connections,
    joined,
    async close() {
      isClosing = true;
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}
