/**
 * `metrics.jsonl`: one line of JSON an epoch, `{"epoch":1,"trainLoss":…,"trainAccuracy":…,"testLoss":…,"testAccuracy":…,
 * "learningRate":…}`, and before it up to about a hundred lines with what single steps had,
 * `{"epoch":1,"step":5,"loss":…,"accuracy":…}`. Times are not in it, so equal runs have equal files.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { writeFileAtomic } from '../files/atomic';
import { fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import { UserError } from '../protocol/errors';
import type { StepValues } from '../protocol/results';
import type { EpochMetrics } from './types';

/** What one step had. Epochs count from 1. */
export type StepLine = { readonly epoch: number } & StepValues;

export type MetricsLine = StepLine | EpochMetrics;

const STEP_LINES = 100;

/** Whether step `step` (from 1) of an epoch of `steps` gets a line: at most about a hundred do, evenly spaced. */
export function hasLine(step: number, steps: number): boolean {
  return step % Math.ceil(steps / STEP_LINES) === 0;
}

/** An open metrics file that lines are added to. */
export interface MetricsWriter {
  /** Adds lines; they are on the disk when the promise resolves. */
  append(lines: readonly MetricsLine[]): Promise<void>;
  close(): Promise<void>;
}

/** Replaces the metrics file with `lines` and opens it for more. Failures are UserErrors. */
export async function openMetrics(path: string, lines: readonly MetricsLine[]): Promise<MetricsWriter> {
  await writeFileAtomic(path, textOf(lines));
  let handle: FileHandle;
  try {
    handle = await open(path, 'a');
  } catch (error) {
    throw fileFailure(error, 'write', path);
  }
  return {
    async append(more) {
      if (more.length === 0) return;
      try {
        await handle.appendFile(textOf(more));
        await handle.datasync();
      } catch (error) {
        throw fileFailure(error, 'write', path);
      }
    },
    close: () => handle.close(),
  };
}

function textOf(lines: readonly MetricsLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * The lines of a metrics file. A last line that was cut off while it was written is left out; anything else that is not a
 * line of metrics is a UserError.
 */
export async function readMetrics(path: string): Promise<readonly MetricsLine[]> {
  let text: string;
  try {
    text = await readText(path, 'log');
  } catch (error) {
    throw fileFailure(error, 'read', path);
  }
  const complete = text.split('\n').slice(0, -1);
  return complete.map((line, i) => {
    const value = parseLine(line);
    if (!value) throw new UserError(`${path}, line ${i + 1} is not a line of metrics.`);
    return value;
  });
}

function parseLine(line: string): MetricsLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'epoch' in value ? (value as MetricsLine) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the line is that of a whole epoch. */
export function isEpochLine(line: MetricsLine): line is EpochMetrics {
  return 'testLoss' in line;
}
