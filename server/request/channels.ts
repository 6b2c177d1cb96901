/** Scoring and selecting the channels of a prepared model, for every command that does. */
import type { Executor } from '../executors/types';
import { sizeOf } from '../protocol/tensor';
import type { Masks } from '../pruning';
import {
  type ChannelCriterion,
  type ChannelMask,
  type ChannelSaliency,
  type ChannelStructure,
  findChannels,
  parameterMasks,
  scoreChannels,
  selectChannels,
} from '../pruning/structured';
import type { CriterionOptions, StructuredOptions } from './flags';
import type { PreparedModel } from './model';
import { scoringOptions } from './options';
import type { BatchSource } from './scoring';

export interface ChannelRequest {
  readonly criterion: ChannelCriterion;
  readonly model: PreparedModel;
  readonly structure: ChannelStructure;
  readonly executor: Executor;
  readonly source: BatchSource;
  readonly flags: CriterionOptions;
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
  const { criterion, model, structure, executor, source, flags, sparsity, signal, onProgress } = request;
  const { network, weights, prunable, seed, settings } = model;
  return scoreChannels({
    criterion,
    structure,
    network,
    weights,
    prunable,
    executor,
    options: { ...scoringOptions(flags, settings), sparsity },
    seed,
    signal,
    ...source,
    ...(onProgress && { onProgress }),
  });
}

/** The channels that stay, as flags and settings say. */
export function selectModelChannels(
  { prunable, settings }: PreparedModel,
  structure: ChannelStructure,
  scores: Float32Array,
  sparsity: number,
  flags: CriterionOptions & StructuredOptions,
): ChannelMask {
  return selectChannels(structure, scores, {
    sparsity,
    prunable,
    of: flags.sparsityOf ?? 'channels',
    scope: flags.selection ?? 'global',
    minPerLayer: flags.minPerLayer ?? settings.prunable?.minPerLayer ?? 1,
  });
}

/** Masks of all prunable kernels, those that lose nothing included, for the report on layers. */
export function kernelMasks(
  { network, prunable }: PreparedModel,
  structure: ChannelStructure,
  keep: ChannelMask,
): Masks {
  const masks = parameterMasks(structure, keep);
  const kernels = network.parameters.filter(({ name }) => prunable.includes(name));
  return new Map(kernels.map(({ name, shape }) => [name, masks.get(name) ?? new Uint8Array(sizeOf(shape)).fill(1)]));
}
