/** Doing runs that are known from their message alone, on one backend: one at a time, or several in one program. */
import type { Computed } from '../comparison/identity';
import type { ComparedNetwork } from '../comparison/model';
import { type BackendRequest, openExecutor } from '../executors/select';
import { createStack } from '../executors/stack/lanes';
import type { Network } from '../models/types';
import type { RunOutcome } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import { loadAgain } from '../request/model';
import { createRunDoer } from './inProcess';
import type { ResolvedRun } from './messages';
import type { RunProgress } from './queue';
import { createOpener, remembered } from './session';

export interface Runner {
  readonly device: string;
  readonly computed: Computed;
  /** Each does one run at a time. */
  readonly lanes: readonly DoResolved[];
  close(): Promise<void>;
}

/** @throws UserError where the run fails, or model or data are not those that were planned any more. */
export type DoResolved = (run: ResolvedRun, onProgress: (progress: RunProgress) => void) => Promise<RunOutcome>;

/**
 * Opens the backend; what the runs need is loaded with the first of them.
 *
 * @param width Trainings at once in one program; with one lane runs are what they are alone, to the bit.
 */
export async function openRunner(asked: BackendRequest, signal: AbortSignal, width = 1): Promise<Runner> {
  const executor = await openExecutor(asked, { trusted: true });
  const { backend, computation, device } = executor;
  const stack = width > 1 ? createStack(executor, width) : undefined;
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
    device,
    computed: { backend, ...(computation && { computation }) },
    lanes: Array.from({ length: width }, () => {
      const doRun = createRunDoer(executor, signal, stack);
      return async (run, onProgress) => doRun(run, await networkOf(run), onProgress);
    }),
    async close() {
      await stack?.dispose();
      await executor.dispose();
    },
  };
}
