/** Scoring and selecting the channels of a prepared model, for every command that does. */
import type { Executor } from '../executors/types';
import {
  type ChannelCriterion,
  type ChannelMask,
  type ChannelSaliency,
  type ChannelStructure,
  findChannels,
  scoreChannels,
  selectChannels,
} from '../pruning/structured';
import type { PreparedModel } from './model';
import type { BatchSource } from './scoring';
import type { ChannelChoice, ScoringChoice } from './types';

export interface ChannelRequest {
  readonly criterion: ChannelCriterion;
  readonly model: PreparedModel;
  readonly structure: ChannelStructure;
  readonly executor: Executor;
  readonly source: BatchSource;
  readonly scoring: ScoringChoice;
  readonly sparsity: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The channels of the model; those of excluded layers stay. */
export function channelsOf({ network, prunable }: PreparedModel): ChannelStructure {
  return findChannels(network, prunable);
}

/** Scores every channel of the model. */
export function scoreModelChannels(request: ChannelRequest): Promise<ChannelSaliency> {
  const { criterion, model, structure, executor, source, scoring, sparsity, signal, onProgress } = request;
  const { network, weights, prunable, seed } = model;
  return scoreChannels({
    criterion,
    structure,
    network,
    weights,
    prunable,
    executor,
    options: { ...scoring.options, sparsity },
    seed,
    signal,
    ...source,
    ...(onProgress && { onProgress }),
  });
}

/** The channels that stay at a sparsity. */
export function selectModelChannels(
  { prunable }: PreparedModel,
  structure: ChannelStructure,
  scores: Float32Array,
  sparsity: number,
  { adapt: _, ...selection }: ChannelChoice,
): ChannelMask {
  return selectChannels(structure, scores, { sparsity, prunable, ...selection });
}
