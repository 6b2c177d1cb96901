/**
 * Entry of the compute process: everything that takes time or memory happens here, and never in the language server.
 * Bundled to `worker.js`, started by the supervisor with an IPC channel.
 */
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { watchProcess } from '../processes/watchProcess';
import { createDescriptions } from './descriptions';
import { createExecutors } from './executors';
import { DEVICE, type DeviceMessage, MEMORY_FLAG, MEMORY_REASON, READY, REASON_DESCRIPTOR } from './messages';
import { createPaths } from './scores/paths';
import { createScoreStore } from './scores/store';
import { serveCalls } from './serve';

const BYTES_PER_MIB = 2 ** 20;
/** Milliseconds between two looks at the memory in use. */
const MEMORY_INTERVAL = 200;
/** Part of the memory limit that scores may take; the rest is for computing. */
const SCORES_PART = 0.25;

function memoryLimit(): number {
  const flag = process.argv.find((argument) => argument.startsWith(MEMORY_FLAG));
  const limit = Number(flag?.slice(MEMORY_FLAG.length));
  if (!(limit > 0)) throw new Error(`the compute process needs ${MEMORY_FLAG}N`);
  return limit * BYTES_PER_MIB;
}

function main(): void {
  const limit = memoryLimit();
  watchProcess({ limit, interval: MEMORY_INTERVAL, descriptor: REASON_DESCRIPTOR, reason: MEMORY_REASON });
  process.on('disconnect', () => process.exit(0));
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const executors = createExecutors(
    ({ backend, device }) => {
      void connection.sendNotification(DEVICE, { backend, device } satisfies DeviceMessage);
    },
    (message) => process.stderr.write(`${message}\n`),
  );
  serveCalls(connection, {
    executors,
    scores: createScoreStore(limit * SCORES_PART),
    paths: createPaths(),
    descriptions: createDescriptions(),
  });
  connection.listen();
  void connection.sendNotification(READY);
}

main();
