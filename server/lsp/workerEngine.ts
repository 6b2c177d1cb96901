/** The real engine: a supervised compute process. */
import { join } from 'node:path';
import type { EngineFactory } from '../worker/engine';
import { inspectedDeadlines } from '../worker/inspector';
import { createSupervisor } from '../worker/supervisor';

/** @param distribution Folder of the bundled programs. */
export function workerEngines(distribution: string): EngineFactory {
  return (options) =>
    createSupervisor({ workerFile: join(distribution, 'worker.js'), ...inspectedDeadlines(), ...options });
}
