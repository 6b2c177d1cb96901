/** The real engine: a supervised compute process. */
import { join } from 'node:path';
import { createSupervisor } from '../worker/supervisor';
import type { EngineFactory } from './engine';

/** @param distribution Folder of the bundled programs. */
export function workerEngines(distribution: string): EngineFactory {
  return ({ folder, memoryLimit, isTrusted, onStatus, onLost, onOutput }) =>
    createSupervisor({
      workerFile: join(distribution, 'worker.js'),
      cwd: folder,
      isTrusted,
      onStatus,
      onLost,
      onOutput,
      ...(memoryLimit !== undefined && { memoryLimitMiB: memoryLimit }),
    });
}
