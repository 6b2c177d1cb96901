/** The real engine: supervised compute processes. */
import { join } from 'node:path';
import type { EngineFactory } from '../worker/engine';
import { inspectedDeadlines } from '../worker/inspector';
import { createLanes } from '../worker/lanes';
import { createSupervisor } from '../worker/supervisor';

/** @param distribution Folder of the bundled programs. */
export function workerEngines(distribution: string): EngineFactory {
  const workerFile = join(distribution, 'worker.js');
  return (options) =>
    createLanes(
      (lane, { onLost, ...rest }) =>
        createSupervisor({ workerFile, ...inspectedDeadlines(), ...rest, onLost, isPatient: lane === 'work' }),
      options,
    );
}
