/**
 * Entry of the compute process: everything that takes time or memory happens here, and never in the language server.
 * Bundled to `worker.js`, started by the supervisor with an IPC channel.
 */
// First, so that the process is watched before anything else is loaded.
import '../processes/watched';

import { join } from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { cacheFolder } from '../files/cacheFolder';
import { createVersions } from '../files/versions';
import { createKeeper } from '../frontends';
import { watch } from '../processes/watched';
import { createDescriptions } from './descriptions';
import { createExecutors } from './executors';
import { createMeasuredSteps } from './measuredSteps';
import { DEVICE, type DeviceMessage, READY } from './messages';
import { createKeptScores } from './scores/kept';
import { createRunMasks } from './scores/others';
import { createPaths } from './scores/paths';
import { createScoreStore } from './scores/store';
import { serveCalls } from './serve';

/** Part of the memory limit that scores may take; the rest is for computing. */
const SCORES_PART = 0.25;

function main(): void {
  const limit = watch?.memory;
  if (limit === undefined) throw new Error('the compute process must be started by the supervisor');
  process.on('disconnect', () => process.exit(0));
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const executors = createExecutors(({ backend, device }) => {
    void connection.sendNotification(DEVICE, { backend, device } satisfies DeviceMessage);
  }, note);
  serveCalls(connection, {
    note,
    executors,
    scores: createScoreStore(limit * SCORES_PART),
    runMasks: createRunMasks(),
    paths: createPaths(),
    descriptions: createDescriptions(),
    kept: createKeptScores(join(cacheFolder(), 'scores')),
    versions: createVersions(),
    measuredSteps: createMeasuredSteps(),
    keeper: createKeeper(),
  });
  connection.listen();
  void connection.sendNotification(READY);
}

main();
