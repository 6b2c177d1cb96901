/** From a criterion to a score for each channel. */
import { type Shape, sizeOf } from '../../protocol/tensor';
import { createRandom } from '../../random';
import { defaultScoringOptions } from '../defaults';
import { usesInnerStep } from '../innerStep';
import { optionValue } from '../options';
import { prospr } from '../prospr';
import { scoreNetwork } from '../score';
import type { ScoringRequest } from '../scoreOnce';
import type { Diagnostics, Scores } from '../types';
import type { ChannelStructure, OutputAxis } from './channels';
import { entryMacs } from './cost';
import type { ChannelCriterion } from './criteria';
import { GATE, type NormalizedBy, normalizedKernels } from './gates';
import { STAYS } from './labels';

export interface ChannelSaliency {
  /** A score for each entry of the structure; the highest are kept. */
  readonly scores: Float32Array;
  /** For each scored kernel a score for each of its output channels on its own, before any division by cost. */
  readonly kernels: Scores;
  readonly diagnostics?: Diagnostics;
}

export interface ChannelScoringRequest extends Omit<ScoringRequest, 'criterion'> {
  readonly criterion: ChannelCriterion;
  readonly structure: ChannelStructure;
}

/** The sum of a tensor's values for each index along one axis. */
function sumsAlong(values: Float32Array, shape: readonly number[], axis: number): Float64Array {
  const sums = new Float64Array(shape[axis]);
  const inner = sizeOf(shape.slice(axis + 1));
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / inner) % shape[axis]] += values[i];
  return sums;
}

/** Uniform scores for entries, and for the channels of kernels on their own. */
function drawScores({ structure, seed, prunable }: ChannelScoringRequest): ChannelSaliency {
  const draw = (length: number, ...name: string[]) => {
    const stream = createRandom(seed, 'pruning', 'random channels', ...name);
    return Float32Array.from({ length }, () => stream.uniform());
  };
  const kernels = scoredKernels(structure, prunable);
  return {
    scores: draw(structure.entries),
    kernels: new Map(kernels.map(({ weight, channels }) => [weight, draw(channels, weight)])),
  };
}

function scoredKernels({ kernels }: ChannelStructure, prunable: readonly string[]): readonly OutputAxis[] {
  return kernels.filter(({ weight }) => prunable.includes(weight));
}

/** Sums over what one gate a channel multiplies, by kernel: over its weights, or over gamma and beta behind it. */
function createSums(scores: Scores, shapes: ReadonlyMap<string, Shape>, gates: ReadonlyMap<string, NormalizedBy>) {
  return ({ weight, axis, channels }: OutputAxis): Float64Array => {
    const gate = gates.get(weight);
    if (!gate) return sumsAlong(scores.get(weight)!, shapes.get(weight)!, axis);
    const [gamma, beta] = [gate.gamma, gate.beta].map((name) => (name === undefined ? undefined : scores.get(name)));
    return Float64Array.from({ length: channels }, (_, i) => gamma![i] + (beta?.[i] ?? 0));
  };
}

/** The normalizations whose output is gated in place of the weights before them; none where the gate is on the weights. */
function gatesOf(request: ChannelScoringRequest): ReadonlyMap<string, NormalizedBy> {
  const { criterion, network, structure, prunable, options } = request;
  if (!criterion.hasGate || optionValue(options ?? {}, GATE) === 'weights') return new Map();
  const kernels = scoredKernels(structure, prunable);
  const found = normalizedKernels(
    network,
    kernels.map(({ weight }) => weight),
  );
  const sizes = new Map(network.parameters.map(({ name, shape }) => [name, sizeOf(shape)]));
  // Filters that make several channels of one have no factor each.
  const fits = ({ weight, channels }: OutputAxis) => sizes.get(found.get(weight)?.gamma ?? '') === channels;
  return new Map(kernels.filter(fits).map(({ weight }) => [weight, found.get(weight)!]));
}

/** The options with an inner step that is chosen: where it is `auto`, the one that fits the scores of single weights. */
async function chosenOptions(request: ChannelScoringRequest): Promise<ScoringRequest['options']> {
  const { criterion, options } = request;
  const { innerLearningRate } = { ...defaultScoringOptions, ...options };
  if (!usesInnerStep(criterion) || innerLearningRate !== 'auto') return options;
  const { diagnostics } = await scoreNetwork({ ...request, criterion: prospr });
  return { ...options, innerLearningRate: diagnostics!.innerLr! };
}

/**
 * Scores the channels of a network: sums first over all weights that make an entry's channels (or over the normalization
 * behind each kernel), in all its kernels, then takes
 * the absolute value (or what the criterion does instead).
 * @throws a UserError where an option is out of range, data is needed and absent, or a score is not finite.
 */
export async function scoreChannels(request: ChannelScoringRequest): Promise<ChannelSaliency> {
  const { criterion, structure, prunable, network } = request;
  const { effects, finish, perCost } = criterion;
  if (!effects) return drawScores(request);
  const options = await chosenOptions(request);
  const gates = gatesOf(request);
  const behind = [...gates.values()].flatMap(({ gamma, beta }) => (beta === undefined ? [gamma] : [gamma, beta]));
  const saliency = await scoreNetwork({
    ...request,
    // A pattern is one of single weights.
    options: { ...options, pattern: undefined },
    prunable: [...new Set([...prunable, ...behind])],
    criterion: { ...criterion, score: effects },
  });

  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const sumsOf = createSums(saliency.scores, shapes, gates);
  const totals = new Float64Array(structure.entries);
  const kernels = new Map<string, Float32Array>();
  for (const kernel of scoredKernels(structure, prunable)) {
    const { weight, axis } = kernel;
    const sums = sumsOf(kernel);
    kernels.set(weight, Float32Array.from(sums, finish));
    structure.axes.get(weight)![axis]?.forEach((entry, i) => {
      if (entry !== STAYS) totals[entry] += sums[i];
    });
  }
  const costs = perCost ? entryMacs(structure) : undefined;
  const scores = Float32Array.from(totals, (sum, entry) => finish(sum) / (costs ? Math.max(costs[entry], 1) : 1));
  return { scores, kernels, ...(saliency.diagnostics && { diagnostics: saliency.diagnostics }) };
}
