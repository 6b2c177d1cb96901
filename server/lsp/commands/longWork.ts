/** What commands share that go on for long: telling of trainings, and going on where the compute process is lost. */
import { serverNotifications } from '../../protocol/editor';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import type { Job } from '../model/scoring';

/** How often work goes on by itself after its process was lost. */
const MOST_RESTARTS = 3;

/** Reports progress, and tells of what is being trained. */
export function reportTraining(context: Context, job: Job): Job['report'] {
  return (progress) => {
    job.report(progress);
    if (!progress.training) return;
    context.notify(serverNotifications.training, progress.training);
    context.runs.changed();
  };
}

export interface Resumable<T> {
  /** File of the model that the work is on. */
  readonly file: string;
  /** Does the work, or what is left of it where it is done `again`. */
  readonly work: (again: boolean) => Promise<T>;
  /** Whether there is something to go on with; without it, there always is. */
  readonly canGoOn?: () => Promise<boolean>;
  /** A sentence for the log: where it goes on. */
  readonly news: string;
}

/** Does work that can go on where it was when its process is lost meanwhile, and lets it go on. */
export async function goOn<T>(context: Context, job: Job, { file, work, canGoOn, news }: Resumable<T>): Promise<T> {
  const { folders } = context;
  for (let restarts = 0; ; restarts++) {
    const losses = folders.losses(file);
    try {
      return await work(restarts > 0);
    } catch (error) {
      // The loss is told right after the call has failed of it.
      await new Promise((resolve) => setImmediate(resolve));
      const isLost = folders.losses(file) > losses && !isCancelled(error);
      if (!isLost || job.signal.aborted || restarts === MOST_RESTARTS) throw error;
      if (canGoOn && !(await canGoOn())) throw error;
      context.log(`${toErrorData(error).message} ${news}`);
    }
  }
}
