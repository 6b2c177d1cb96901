/** The other end of `jobProcess.ts`: does the runs it is told to, each from its message alone. */
import type { ComparedNetwork } from '../comparison/model';
import { type BackendRequest, openExecutor } from '../executors/select';
import type { Network } from '../models/types';
import { formatError, UserError } from '../protocol/errors';
import { loadAgain } from '../request/model';
import { createRunDoer } from './inProcess';
import type { FromJob, ResolvedRun, ToJob } from './messages';
import { createOpener, remembered } from './session';

function send(message: FromJob): void {
  process.send?.(message);
}

/** Does the runs on one backend. */
async function openJob(asked: BackendRequest, signal: AbortSignal) {
  const executor = await openExecutor(asked, { trusted: true });
  const doRun = createRunDoer(executor, signal);
  const open = createOpener();
  const load = remembered<Network>();
  const networks = remembered<ComparedNetwork>();
  const networkOf = async ({ key, request, settings, content }: ResolvedRun) => {
    const { specifier } = request;
    const found = await networks(key.model, async () =>
      open(key.model, await load(specifier, () => loadAgain(request, signal, { trusted: true })), request),
    );
    if (found.settings.model !== settings.model) {
      throw new UserError(`The model ${specifier} was changed while the sweep is running.`);
    }
    if (found.content.data === content.data) return found;
    throw new UserError(`The data set ${found.data} was changed while the sweep is running.`);
  };
  return {
    device: executor.device,
    async run(run: ResolvedRun): Promise<void> {
      const outcome = await doRun(run, await networkOf(run), (progress) => send({ kind: 'progress', progress }));
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
