/** The other end of `jobProcess.ts`: does the runs it is told to, each from its message alone. */
import type { BackendRequest } from '../executors/select';
import { formatError, UserError } from '../protocol/errors';
import type { FromJob, ResolvedRun, ToJob } from './messages';
import { openRunner } from './runner';

function send(message: FromJob): void {
  process.send?.(message);
}

/** Does the runs on one backend. */
async function openJob(asked: BackendRequest, signal: AbortSignal) {
  const { device, lanes } = await openRunner(asked, signal);
  const [doRun] = lanes;
  return {
    device,
    async run(run: ResolvedRun): Promise<void> {
      const outcome = await doRun(run, (progress) => send({ kind: 'progress', progress }));
      send({ kind: 'finished', outcome });
    },
  };
}

/**
 * Serves until the sweep's process goes away; where it was killed, the watch over this process ends it at once.
 *
 * @param stop is aborted when the sweep wants the run under way to end.
 * @throws what is no UserError: a defect.
 */
export function serveJobs(stop: AbortController): Promise<void> {
  const { signal } = stop;
  return new Promise((resolve, reject) => {
    let job: Awaited<ReturnType<typeof openJob>> | undefined;
    const answer = async (message: Exclude<ToJob, { kind: 'stop' }>) => {
      try {
        if (message.kind === 'run') return await job!.run(message.run);
        job = await openJob(message.asked, signal);
        send({ kind: 'ready', device: job.device });
      } catch (error) {
        if (signal.aborted && message.kind === 'run') send({ kind: 'stopped' });
        else if (error instanceof UserError) send({ kind: 'failed', error: formatError(error) });
        else reject(error);
      }
    };
    process.on('message', (message: ToJob) => {
      if (message.kind === 'stop') stop.abort();
      else void answer(message);
    });
    process.once('disconnect', resolve);
  });
}
