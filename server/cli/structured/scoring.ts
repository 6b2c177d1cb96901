/** Scoring the channels of a model and selecting among them, with progress on the terminal. */
import type { Executor } from '../../executors/types';
import { channelsOf, scoreModelChannels, selectModelChannels } from '../../preparation/channels';
import { openBatches } from '../../preparation/criterion';
import { withExecutor } from '../../preparation/executor';
import type { PreparedModel } from '../../preparation/model';
import { usageError } from '../../protocol/errors';
import type { ChannelCriterion } from '../../pruning/structured';
import {
  type ChannelMask,
  type ChannelSaliency,
  type ChannelStructure,
  findChannelCriterion,
} from '../../pruning/structured';
import { createProgress } from '../terminal/progress';
import { note } from '../terminal/streams';
import type { ChannelFlags } from './flags';

export interface ScoredChannels {
  readonly criterion: ChannelCriterion;
  readonly model: PreparedModel;
  readonly structure: ChannelStructure;
  readonly backend: string;
  /** Of scoring alone. */
  readonly seconds: number;
  readonly saliency: ChannelSaliency;
  readonly keep: ChannelMask;
}

/** Scores and selects; `finish` gets the executor while it is open. */
export async function scoreAndSelectChannels<T>(
  model: PreparedModel,
  flags: ChannelFlags,
  signal: AbortSignal,
  finish: (scored: ScoredChannels, executor: Executor) => Promise<T>,
): Promise<T> {
  const criterion = findChannelCriterion(flags.method);
  if (flags.control !== undefined || flags.gradientNorms) {
    throw usageError('--control and --gradient-norms are for weights, not for channels.', 'Leave out --structured.');
  }
  const structure = channelsOf(model);
  const source = await openBatches(criterion, model, flags);
  const sparsity = flags.sparsity ?? 0;
  return withExecutor(flags, model.settings, note, async (executor) => {
    const progress = createProgress(criterion.title);
    const start = performance.now();
    try {
      const onProgress = (done: number, total: number) => progress.update(done, total, '');
      const request = { criterion, model, structure, executor, source, flags, sparsity, signal, onProgress };
      const saliency = await scoreModelChannels(request);
      const seconds = (performance.now() - start) / 1000;
      progress.stop();
      for (const warning of saliency.diagnostics?.warnings ?? []) note(`Warning: ${warning}`);
      const keep = selectModelChannels(model, structure, saliency.scores, sparsity, flags);
      const backend = executor.backend;
      return await finish({ criterion, model, structure, backend, seconds, saliency, keep }, executor);
    } finally {
      progress.stop();
    }
  });
}
