/** The other end of `jobProcess.ts`: does the runs it is told to. */
import { formatError, UserError } from '../protocol/errors';
import type { SweepPlan } from './expand';
import type { FromJob, ToJob } from './messages';
import type { Worker } from './queue';

function send(message: FromJob): void {
  process.send?.(message);
}

/**
 * Serves until the sweep's process goes away; where it was killed, the watch over this process ends it at once. `worker` must heed `signal`, which `stop` aborts among others.
 *
 * @throws what is no UserError: a defect.
 */
export function serveJobs(
  plan: SweepPlan,
  worker: Worker,
  device: string,
  stop: AbortController,
  signal: AbortSignal,
): Promise<void> {
  const findRun = (key: unknown) => plan.runs.find((run) => JSON.stringify(run.key) === JSON.stringify(key));
  const served = new Promise<void>((resolve, reject) => {
    const run = async (key: unknown) => {
      const found = findRun(key);
      if (!found) return send({ kind: 'failed', error: 'The file of the sweep was changed while it is running.' });
      try {
        const outcome = await worker.run(found, (progress) => send({ kind: 'progress', progress }));
        send({ kind: 'finished', outcome });
      } catch (error) {
        if (signal.aborted) send({ kind: 'stopped' });
        else if (error instanceof UserError) send({ kind: 'failed', error: formatError(error) });
        else reject(error);
      }
    };
    process.on('message', (message: ToJob) => {
      if (message.kind === 'stop') stop.abort();
      else void run(message.key);
    });
    process.once('disconnect', resolve);
  });
  send({ kind: 'ready', device });
  return served;
}
