/** Scoring the channels of a model and selecting among them, with progress on the terminal. */
import type { Executor } from '../../executors/types';
import { usageError } from '../../protocol/errors';
import type { ChannelCriterion } from '../../pruning/structured';
import {
  type ChannelMask,
  type ChannelSaliency,
  type ChannelStructure,
  findChannelCriterion,
} from '../../pruning/structured';
import { channelsOf, scoreModelChannels, selectModelChannels } from '../../request/channels';
import { withExecutor } from '../../request/executor';
import type { PreparedModel, Requested } from '../../request/model';
import { checkPreset } from '../../request/presets';
import { openBatches } from '../../request/scoring';
import { withProgress } from '../terminal/progress';
import { note, noteData } from '../terminal/streams';
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
  { model, request }: Requested,
  flags: ChannelFlags,
  signal: AbortSignal,
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
  noteData([source]);
  const sparsity = flags.sparsity ?? 0;
  const { scoring, channels } = request;
  return withExecutor(request, note, async (executor) => {
    const { result: saliency, seconds } = await withProgress(criterion.title, (onProgress) =>
      scoreModelChannels({ criterion, model, structure, executor, source, scoring, sparsity, signal, onProgress }),
    );
    for (const warning of saliency.diagnostics?.warnings ?? []) note(`Warning: ${warning}`);
    const keep = selectModelChannels(model, structure, saliency.scores, sparsity, channels);
    return finish({ criterion, model, structure, backend: executor.backend, seconds, saliency, keep }, executor);
  });
}
