/**
 * Criteria for channels. Each is the derivative of something with respect to one mask entry a channel, c = 1: since the
 * entry multiplies all weights that make the channel, that is the sum over them of weight times derivative, taken before the
 * absolute value, so that effects that cancel do not count.
 */
import { usageError } from '../../protocol/errors';
import { freeBatches, meanGradient, scoresOf } from '../gradients';
import { GRASP_OPTIONS, gradientFlow } from '../grasp';
import { META_DRAWS, meanMetaGradient } from '../metaDraws';
import { SHARED_OPTIONS } from '../options';
import { explosionWarning, PROSPR_OPTIONS, PROSPR_PRESETS } from '../prospr';
import type { Criterion, Saliency, ScoringContext } from '../types';
import { GATE } from './gates';

export interface ChannelCriterion
  extends Pick<Criterion, 'name' | 'title' | 'description' | 'needsData' | 'options' | 'presets'> {
  /** What each weight adds to its channel's sum, by parameter name; absent where scores are drawn at random. */
  readonly effects?: (context: ScoringContext) => Promise<Saliency>;
  readonly usesStatistics?: boolean;
  /** A channel's score from its sum. The highest are kept. */
  finish(sum: number): number;
  /** Whether its mask entry may multiply what a normalization gives instead of weights, see `gates.ts`. */
  readonly hasGate?: boolean;
  /** Divide by the multiplications that removing the channel saves. */
  readonly perCost?: boolean;
}

/** w * dL/dw on the free batches. */
async function lossEffects(context: ScoringContext): Promise<Saliency> {
  const batches = await freeBatches(context);
  let done = 0;
  const onBatch = () => context.onProgress?.(++done, batches.length);
  const gradients = await meanGradient(context, context.weights, batches, onBatch);
  return { scores: scoresOf(context, (weight, name, i) => weight * gradients.get(name)![i]) };
}

const random: ChannelCriterion = {
  name: 'random',
  title: 'Random',
  description: 'Uniform random scores: every channel is as likely to stay as any other.',
  needsData: false,
  finish: (sum) => sum,
};

/**
 * The L2 norm of a channel's weights. Variance-scaling initializers give every layer's channels about the same norm, so the
 * ranking is not decided by the layers' sizes.
 */
const magnitude: ChannelCriterion = {
  name: 'magnitude',
  title: 'Magnitude',
  description: "L2 norm of the channel's initial weights.",
  needsData: false,
  effects: async (context) => ({ scores: scoresOf(context, (weight) => weight * weight) }),
  finish: Math.sqrt,
};

/** SNIP with one mask entry a channel: |dL/dc| = |sum of w * dL/dw|, behind a normalization |gamma dL/dgamma + beta dL/dbeta|. */
const snip: ChannelCriterion = {
  name: 'snip',
  title: 'SNIP',
  description: 'Effect of removing a channel on the loss before training, to first order.',
  needsData: true,
  usesStatistics: true,
  options: [SHARED_OPTIONS.pruningBatches, GATE],
  effects: lossEffects,
  hasGate: true,
  finish: Math.abs,
};

/**
 * 3SP (van Amersfoort et al. 2020) is SNIP for channels, as the ProsPr paper compares with: its 3SP is ProsPr without a
 * step (Tables 2 and 3). Its variants with new or re-scaled weights differ in what happens to the weights that stay (see
 * `adapt.ts`), not in the scores.
 */
const singleShot: ChannelCriterion = { ...snip, name: '3sp', title: '3SP' };

/** 3SP's compute-aware scores: sensitivity per multiplication removed. */
const computeAware: ChannelCriterion = {
  ...snip,
  name: '3sp-compute',
  title: '3SP, compute-aware',
  description: 'SNIP of a channel divided by the multiplications that removing it saves.',
  perCost: true,
};

/** GraSP with one mask entry a channel: the sum of w * Hg, highest kept. See `../grasp.ts`. */
const grasp: ChannelCriterion = {
  name: 'grasp',
  title: 'GraSP',
  description: 'Effect of removing a channel on the norm of the gradient.',
  needsData: true,
  usesStatistics: true,
  options: GRASP_OPTIONS,
  effects: gradientFlow,
  finish: (sum) => sum,
};

/** Norms of single tensors are told of weights only. */
const CHANNEL_PROSPR_OPTIONS = [
  ...Object.values(PROSPR_OPTIONS).filter((option) => option !== PROSPR_OPTIONS.gradientNorms),
  META_DRAWS,
];

/** ProsPr with one mask entry a channel (section 4.3): |dL(w_M)/dc| = |sum of w_init * dL(w_M)/dw_0|. See `../prospr.ts`. */
const prospr: ChannelCriterion = {
  name: 'prospr',
  title: 'ProsPr',
  description: 'Effect of removing a channel on the loss after the first steps of training (meta-gradient).',
  needsData: true,
  options: CHANNEL_PROSPR_OPTIONS,
  presets: PROSPR_PRESETS,
  effects: async (context) => {
    const { gradients, norms } = await meanMetaGradient(context);
    return {
      scores: scoresOf(context, (weight, name, i) => weight * gradients.get(name)![i]),
      diagnostics: { adjointNorms: norms, warnings: explosionWarning(norms, context.options.steps) },
    };
  },
  finish: Math.abs,
};

export const channelCriteria: readonly ChannelCriterion[] = [
  random,
  magnitude,
  snip,
  singleShot,
  computeAware,
  grasp,
  prospr,
];

/**
 * The channel criterion of that name.
 * @throws a usage error listing the known ones.
 */
export function findChannelCriterion(name: string): ChannelCriterion {
  const found = channelCriteria.find((criterion) => criterion.name === name);
  if (found) return found;
  const known = channelCriteria.map((criterion) => criterion.name).join(', ');
  throw usageError(`There is no method "${name}" for channels.`, `Methods for structured pruning: ${known}.`);
}
