/** Training runs of a session's workspace, as they lie on disk. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RunOnDisk {
  readonly folder: string;
  /** Numbers of the finished epochs, in the order they were written. */
  readonly epochs: readonly number[];
  readonly steps: number;
  readonly isFinished: boolean;
}

/** Lines of JSON; the last one may be half written. */
function lines(file: string): readonly Record<string, unknown>[] {
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line));
}

export function readRun(folder: string): RunOnDisk {
  const metrics = lines(join(folder, 'metrics.jsonl'));
  return {
    folder,
    epochs: metrics.filter((line) => 'testLoss' in line).map(({ epoch }) => epoch as number),
    steps: metrics.filter((line) => 'step' in line).length,
    isFinished: existsSync(join(folder, 'result.json')),
  };
}

/** The runs of a workspace, by name. */
export function runsOf(workspace: string): readonly RunOnDisk[] {
  const folder = join(workspace, '.prunelens', 'runs');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'config.json')));
  return names.sort().map((name) => readRun(join(folder, name)));
}
