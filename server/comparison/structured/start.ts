/**
 * Structured pruning of one run: channels are scored, the best of them stay, and the network without the others is made and
 * trained at its own size.
 */

import { kernelMasks, readChannelMask, writeChannelMasks } from '../../masks/channelMasks';
import type { Network } from '../../models/types';
import type { PruningResult, ShrinkResult } from '../../protocol/comparison';
import { sizeOf } from '../../protocol/tensor';
import type { Weights } from '../../pruning';
import { type ChannelMask, type ChannelStructure, denseMacs, shrinkAnyAdapted } from '../../pruning/structured';
import { channelsOf, scoreModelChannels, selectModelChannels } from '../../request/channels';
import { channelCriterionOf } from '../../request/comparedMethods';
import { batchSource } from '../../request/data';
import type { PreparedModel } from '../../request/model';
import { followModules } from '../../request/wholeModules';
import { measureSteps } from '../../training/measureStep';
import { pruningResult, scoringKey } from '../prune';
import type { RunRequest } from '../request';
import { timed } from '../scoreCache';

/** A network without some of its channels, with its share of the weights. */
export interface SmallerNetwork {
  readonly network: Network;
  readonly weights: Weights;
}

/** Rounds of measuring, each with a step of the dense network and one of the smaller. */
const MEASURED_STEPS = 5;

function seededModel({ compared, key }: RunRequest, weights: Weights): PreparedModel {
  return { ...compared.model, seed: key.seed, weights };
}

function shrink(
  { compared, key, signal }: RunRequest,
  structure: ChannelStructure,
  keep: ChannelMask,
  initial: Weights,
): Promise<SmallerNetwork> {
  const { adapt } = compared.request.channels;
  return shrinkAnyAdapted(structure, keep, initial, adapt, { seed: key.seed, signal });
}

/** Scores once for all sparsities, and selects. */
async function chooseChannels(request: RunRequest, model: PreparedModel, structure: ChannelStructure) {
  const { key, compared, executor, signal, scores } = request;
  const { scoring, channels } = compared.request;
  const { sparsity } = key;
  const criterion = channelCriterionOf(request.method ?? key.method);
  const source = batchSource(compared.model.network, compared.dataset, scoring.batchSize, key.seed);
  const score = () => scoreModelChannels({ criterion, model, structure, executor, source, scoring, sparsity, signal });
  const { saliency, seconds } = await (scores ? scores.get(scoringKey(request), score) : timed(score));
  const start = performance.now();
  const keep = selectModelChannels(model, structure, saliency.scores, sparsity, channels);
  return { keep, saliency, seconds: seconds + (performance.now() - start) / 1000 };
}

const countParameters = ({ parameters }: Network) => parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** What the smaller network costs, and how long its training step takes beside the dense network's on this machine now. */
async function compareSizes(
  { compared, executor }: RunRequest,
  keep: ChannelMask,
  smaller: Network,
): Promise<ShrinkResult> {
  const dense = compared.model.network;
  const { batchSize } = compared.request.training;
  const [denseSeconds, seconds] = await measureSteps(executor, [dense, smaller], batchSize, MEASURED_STEPS);
  return {
    channels: keep.length,
    keptChannels: keep.reduce((sum, bit) => sum + bit, 0),
    denseParameters: countParameters(dense),
    parameters: countParameters(smaller),
    denseMacs: denseMacs(dense),
    macs: denseMacs(smaller),
    step: { batchSize, denseSeconds, seconds },
  };
}

/**
 * Removes channels by a structured method, and keeps its masks in `masksFile`.
 *
 * @throws UserError where so many channels cannot go; the signal's reason when it is interrupted.
 */
export async function pruneChannels(
  request: RunRequest,
  initial: Weights,
  masksFile: string,
): Promise<SmallerNetwork & { readonly pruning: PruningResult }> {
  const { key, compared, executor, signal, onStage } = request;
  const { model } = await followModules(seededModel(request, initial), signal);
  const structure = channelsOf(model);
  const { keep, saliency, seconds } = await chooseChannels(request, model, structure);
  const smaller = await shrink(request, structure, keep, initial);
  await writeChannelMasks(masksFile, model, structure, keep, {
    method: request.method ?? key.method,
    sparsity: key.sparsity,
  });
  const pruning = await pruningResult(executor, compared, kernelMasks(model, structure, keep), seconds);
  signal.throwIfAborted();
  onStage?.('measuring steps');
  const shrunk = await compareSizes(request, keep, smaller.network);
  return { ...smaller, pruning: { ...pruning, ...saliency.diagnostics, shrunk } };
}

/** The smaller network of a run whose masks are in `masksFile`, as it was before its training. */
export async function shrinkAgain(request: RunRequest, initial: Weights, masksFile: string): Promise<SmallerNetwork> {
  const { model } = await followModules(request.compared.model, request.signal);
  const structure = channelsOf(model);
  return shrink(request, structure, await readChannelMask(masksFile, structure), initial);
}
