/** The inner steps of ProsPr in a sweep on Slurm: chosen where the command is, before anything is submitted, so that all nodes take the same. */
import { type BackendRequest, openExecutor } from '../../executors/select';
import type { SweepPlan } from '../expand';
import { asksForSteps, type PreparedSweep, withSweepSteps } from '../session';

export interface StepPlace {
  /** What computes on the nodes. */
  readonly asked: BackendRequest;
  /** Whether the nodes have a GPU that need not be here; then the processor of this machine chooses. */
  readonly isGpu: boolean;
  readonly signal: AbortSignal;
  note(text: string): void;
}

/** The same computing without a GPU. */
function onProcessor({ backend, interpreter }: BackendRequest): BackendRequest {
  if (backend !== 'torch') return { backend: 'cpu' };
  return { backend, ...(interpreter && { interpreter }), computing: { device: 'cpu' } };
}

/**
 * The sweep with one step a network in place of `auto`, as `withSweepSteps`.
 *
 * @throws UserError where this machine cannot compute; the signal's reason.
 */
export async function withSlurmSteps(
  plan: SweepPlan,
  sweep: PreparedSweep,
  { asked, isGpu, signal, note }: StepPlace,
): Promise<PreparedSweep> {
  if (!asksForSteps(plan, sweep)) return sweep;
  note(
    'Inner steps of ProsPr are chosen on this machine, once a network; --resume keeps them, and `inner-lr` sets them.',
  );
  const executor = await openExecutor(isGpu ? onProcessor(asked) : asked, { trusted: true, onNote: note });
  try {
    return await withSweepSteps(plan, sweep, { executor, signal });
  } finally {
    await executor.dispose();
  }
}
