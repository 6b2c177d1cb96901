/** Scoring the channels of a model and selecting among them. */
import type { Executor } from '../executors/types';
import { usageError } from '../protocol/errors';
import type { ChannelCriterion } from '../pruning/structured';
import {
  type ChannelMask,
  type ChannelSaliency,
  type ChannelStructure,
  findChannelCriterion,
} from '../pruning/structured';
import { channelsOf, scoreModelChannels, selectModelChannels } from '../request/channels';
import type { PreparedModel, Requested } from '../request/model';
import { checkPreset } from '../request/presets';
import { openBatches } from '../request/scoring';
import type { ChannelFlags, Surroundings } from './types';

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
  { model, request }: Requested,
  flags: ChannelFlags,
  { signal, withExecutor, onNote, track }: Surroundings,
  finish: (scored: ScoredChannels, executor: Executor) => Promise<T>,
): Promise<T> {
  const criterion = findChannelCriterion(flags.method);
  if (flags.pattern !== undefined) {
    throw usageError('--pattern is for masks over single weights.', 'Leave it out, or leave out --structured.');
  }
  if (flags.control !== undefined || flags.gradientNorms || request.scoring.stability) {
    throw usageError(
      '--control, --gradient-norms and --stability are for weights, not for channels.',
      'Leave out --structured.',
    );
  }
  checkPreset([criterion], flags.preset);
  const structure = channelsOf(model);
  const source = await openBatches(criterion, model, request);
  source.notes?.forEach(onNote);
  const sparsity = flags.sparsity ?? 0;
  const { scoring, channels } = request;
  return withExecutor(request, async (executor) => {
    const { result: saliency, seconds } = await track(criterion.title, (onProgress) =>
      scoreModelChannels({ criterion, model, structure, executor, source, scoring, sparsity, signal, onProgress }),
    );
    for (const warning of saliency.diagnostics?.warnings ?? []) onNote(`Warning: ${warning}`);
    const keep = selectModelChannels(model, structure, saliency.scores, sparsity, channels);
    return finish({ criterion, model, structure, backend: executor.backend, seconds, saliency, keep }, executor);
  });
}
