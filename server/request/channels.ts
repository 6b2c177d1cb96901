/** Scoring and selecting the channels of a prepared model, for every command that does. */
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
import { type Scoring, scoringInput } from './scoring';
import type { ChannelChoice } from './types';

export interface ChannelRequest extends Scoring {
  readonly criterion: ChannelCriterion;
  readonly structure: ChannelStructure;
}

/** The channels of the model; those of excluded layers stay. */
export function channelsOf({ network, prunable }: PreparedModel): ChannelStructure {
  return findChannels(network, prunable);
}

/** Scores every channel of the model. */
export function scoreModelChannels(request: ChannelRequest): Promise<ChannelSaliency> {
  const { criterion, structure } = request;
  return scoreChannels({ criterion, structure, ...scoringInput(request, criterion) });
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
