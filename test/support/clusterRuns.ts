/** Folders of runs as nodes of a cluster leave them. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A run under way on another machine, in the first turn of its lease; `epochs` of 3 are finished. */
export function beginRun(folder: string, epochs: number, method = 'snip'): void {
  const work = join(`${folder}.lease`, '1', 'run');
  mkdirSync(work, { recursive: true });
  const config = {
    format: 'prunelens-run-1',
    file: '/shared/net.ts',
    ...{ origin: { method, sparsity: 0.9 }, training: { seed: 0, epochs: 3 }, backend: 'cpu' },
    started: '2026-01-31T12:30:00.000Z',
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  writeFileSync(join(work, 'process.json'), JSON.stringify({ pid: 1, host: 'node-17' }));
  writeEpochs(work, epochs);
}

function writeEpochs(work: string, epochs: number): void {
  const lines = Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    trainLoss: 1,
    testLoss: 1,
    testAccuracy: 0.5,
  }));
  writeFileSync(join(work, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Completes a run that was begun: it gets its name. */
export function completeRun(folder: string): void {
  const work = join(`${folder}.lease`, '1', 'run');
  writeEpochs(work, 3);
  writeFileSync(join(work, 'result.json'), '{}');
  renameSync(join(work, 'process.json'), join(dirname(work), 'process.json'));
  renameSync(work, folder);
}
