/** The queue of a sweep: which run comes next where, and what becomes of it. */
import type { RunOutcome } from '../protocol/comparison';
import { formatError, UserError } from '../protocol/errors';
import type { SweepRun } from './expand';

/** Does runs one after the other, on one device. */
export interface Worker {
  readonly name: string;
  /** @throws the signal's reason when interrupted; a UserError where the run fails. */
  run(run: SweepRun, onProgress: (progress: RunProgress) => void): Promise<RunOutcome>;
  close(): Promise<void>;
}

export interface RunProgress {
  /** Share of the run's own training, 0 … 1. */
  readonly fraction: number;
  /** In a few words. */
  readonly detail: string;
}

/** Runs that share the scores of one scoring. */
export function affinityOf({ key }: SweepRun): string {
  return `${key.model} ${key.method} ${key.seed}`;
}

/**
 * The run to start next: the first whose files no other is making; of those, one that goes on with the scores of the last one
 * here, or else one whose scores no other worker is making.
 */
export function chooseNext(
  pending: readonly SweepRun[],
  running: readonly SweepRun[],
  last: SweepRun | undefined,
): SweepRun | undefined {
  const held = new Set(running.flatMap(({ exclusive }) => exclusive));
  const free = pending.filter(({ exclusive }) => !exclusive.some((name) => held.has(name)));
  const busy = new Set(running.map(affinityOf));
  const isContinuing = (run: SweepRun) => last !== undefined && affinityOf(run) === affinityOf(last);
  return free.find(isContinuing) ?? free.find((run) => !busy.has(affinityOf(run))) ?? free[0];
}

export interface QueueOptions {
  /** Those that are not done yet. */
  readonly runs: readonly SweepRun[];
  readonly workers: readonly Worker[];
  readonly signal: AbortSignal;
  onStart(run: SweepRun, worker: Worker): void;
  onProgress(run: SweepRun, progress: RunProgress): void;
  onFinish(run: SweepRun, outcome: RunOutcome): Promise<void>;
  onFail(run: SweepRun, error: string): Promise<void>;
}

/**
 * Does all runs. A run that fails is told and left out.
 *
 * @throws the signal's reason when interrupted, or what is no UserError, when the runs under way have ended.
 */
export async function runQueue(options: QueueOptions): Promise<void> {
  const { workers, signal, onStart, onProgress, onFinish, onFail } = options;
  const pending = [...options.runs];
  const running = new Set<SweepRun>();
  let wake: () => void = () => {};
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const tellAll = () => {
    wake();
    changed = new Promise((resolve) => {
      wake = resolve;
    });
  };
  let defect: { readonly error: unknown } | undefined;

  async function serve(worker: Worker): Promise<void> {
    let last: SweepRun | undefined;
    while (pending.length > 0 && !signal.aborted && !defect) {
      const run = chooseNext(pending, [...running], last);
      if (!run) {
        await changed;
        continue;
      }
      pending.splice(pending.indexOf(run), 1);
      running.add(run);
      last = run;
      onStart(run, worker);
      try {
        const outcome = await worker.run(run, (progress) => onProgress(run, progress));
        await onFinish(run, outcome);
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof UserError) await onFail(run, formatError(error));
        else defect = { error };
      } finally {
        running.delete(run);
        tellAll();
      }
    }
  }

  await Promise.all(workers.map(serve));
  if (defect) throw defect.error;
  signal.throwIfAborted();
}
