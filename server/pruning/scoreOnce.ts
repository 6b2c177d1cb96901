/** One scoring of a network: options checked, weights and batches at hand. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { partWarnings } from './parts';
import { parsePattern, patternChoice } from './pattern';
import { layerRatios } from './ratios';
import { checkFinite, type SelectionOptions } from './selection';
import { tiedScores } from './ties';
import type {
  ChosenOptions,
  CountsAt,
  Criterion,
  InnerStepMemory,
  PatternChoice,
  Saliency,
  ScoringOptions,
  StabilityChoice,
  Weights,
} from './types';
import { warmUp } from './warmUp';

export interface ScoringRequest {
  readonly criterion: Criterion;
  readonly network: Network;
  readonly weights: Weights;
  /** Names of the weights to score. */
  readonly prunable: readonly string[];
  readonly executor: Executor;
  readonly options?: Partial<ScoringOptions>;
  /** How masks are selected from the scores; the highest of all layers together where it is absent. */
  readonly selection?: Omit<SelectionOptions, 'sparsity'>;
  readonly seed: number;
  /** Draws class-balanced batches; absent where there is no data. */
  readonly batches?: (count: number) => Promise<readonly Batch[]>;
  readonly givenBatches?: readonly Batch[];
  /** Draws other batches; absent where there is no data, or the batches are given. */
  readonly otherBatches?: (draw: number) => (count: number) => Promise<readonly Batch[]>;
  /** How stability is measured, where that is asked for or an inner step is chosen by it. */
  readonly stability?: StabilityChoice;
  /** Inner steps that were chosen before. */
  readonly innerSteps?: InnerStepMemory;
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/**
 * What the criterion makes of the network, its scores not looked at: where a step is far too long they are not finite.
 *
 * @throws a UserError where an option is out of range, data is needed and absent, or nothing is prunable.
 */
export async function scoreUnchecked(request: ScoringRequest, options: ChosenOptions): Promise<Saliency> {
  const { criterion, prunable, batches, givenBatches } = request;
  checkOptions(options);
  if (prunable.length === 0) throw usageError('no layer is left to prune', 'Check the include and exclude patterns.');
  if (criterion.needsData && !batches && !givenBatches) {
    throw usageError(`${criterion.title} looks at training data`, 'Name it with --data, or in prunelens.json.');
  }
  const noData = async (): Promise<never> => {
    throw new Error(`${criterion.name} asked for data although it declares that it needs none`);
  };
  // Without a warm-up its statistics would be those of initialization: it scores with each batch's own.
  const warmUpBatches = criterion.usesStatistics ? options.warmUpBatches : 0;
  const countsAt = ratiosOf(request, options);
  const pattern = patternOf(request, options);
  const context = {
    ...request,
    options: { ...options, warmUpBatches },
    batches: batches ?? noData,
    ...(countsAt && { countsAt }),
  };
  const scored = await criterion.score(warmUpBatches > 0 ? { ...context, weights: await warmUp(context) } : context);
  const saliency = withWarnings(scored, partWarnings(request.network, criterion, context.options));
  return { ...saliency, ...(countsAt && { countsAt }), ...(pattern && { pattern }) };
}

/**
 * The N:M selection that was asked for, unless the criterion decides itself what layers keep.
 *
 * @throws a UserError where layer ratios decide what layers keep, or a layer's inputs do not divide.
 */
function patternOf(
  { criterion, network, prunable }: Pick<ScoringRequest, 'criterion' | 'network' | 'prunable'>,
  { pattern, ratios = 'global' }: Pick<ScoringOptions, 'pattern' | 'ratios'>,
): PatternChoice | undefined {
  if (pattern === undefined || criterion.decidesCounts) return undefined;
  const parsed = parsePattern(pattern);
  if (ratios !== 'global') {
    throw usageError(
      `--pattern ${pattern} and --ratios ${ratios} both say what layers keep.`,
      'Leave one of them out.',
    );
  }
  return patternChoice(
    parsed,
    network.parameters.filter(({ name }) => prunable.includes(name)),
  );
}

/** The counts of the layer ratios that were asked for, unless the criterion decides itself what layers keep. */
export function ratiosOf(
  { criterion, network, prunable, weights }: Pick<ScoringRequest, 'criterion' | 'network' | 'prunable' | 'weights'>,
  { ratios }: Pick<ScoringOptions, 'ratios'>,
): CountsAt | undefined {
  if (ratios === undefined || criterion.decidesCounts) return undefined;
  const tensors = network.parameters.filter(({ name }) => prunable.includes(name));
  return layerRatios(ratios, tensors, weights);
}

/** A sentence where ratios want more of tensors than they have. */
function fullLayers(countsAt: CountsAt | undefined, { ratios, sparsity }: ScoringOptions): readonly string[] {
  const full = countsAt?.(sparsity, 0).full ?? [];
  if (full.length === 0) return [];
  return [
    `Layer ratios (${ratios}) want more weights of ${full.join(', ')} than there are; the other layers share the rest.`,
  ];
}

/**
 * The saliency, with sentences on layers of which the criterion has nothing to say.
 *
 * @throws a UserError where a score is not finite.
 */
export function checked(
  { network, weights }: Pick<ScoringRequest, 'network' | 'weights'>,
  options: ScoringOptions,
  saliency: Saliency,
): Saliency {
  checkFinite(saliency.scores, network.layers);
  return withWarnings(saliency, [...tiedScores(saliency.scores, weights), ...fullLayers(saliency.countsAt, options)]);
}

/**
 * Scores a network's prunable weights.
 *
 * @throws a UserError also where a score is not finite.
 */
export async function scoreOnce(request: ScoringRequest, options: ChosenOptions): Promise<Saliency> {
  return checked(request, options, await scoreUnchecked(request, options));
}

/** The same with further sentences on what is doubtful. */
export function withWarnings(saliency: Saliency, warnings: readonly string[]): Saliency {
  if (warnings.length === 0) return saliency;
  const { diagnostics } = saliency;
  return { ...saliency, diagnostics: { ...diagnostics, warnings: [...(diagnostics?.warnings ?? []), ...warnings] } };
}

/** @throws a UserError (usage) where an option is out of range. */
export function checkOptions(options: ScoringOptions): void {
  const { sparsity, steps, iterations, batches, temperature, innerLearningRate, innerMomentum } = options;
  if (!(sparsity >= 0 && sparsity < 1)) {
    throw usageError(
      `sparsity ${sparsity} is outside [0, 1)`,
      'It is the fraction removed: 0.98 keeps 2 % of the weights.',
    );
  }
  if (!Number.isInteger(steps) || steps < 0) throw usageError(`steps must be a whole number, not ${steps}`);
  for (const [name, value] of [
    ['iterations', iterations],
    ['pruning batches', batches],
    ['draws', options.draws],
    ['a micro-batch', options.microBatch],
  ] as const) {
    if (value !== undefined && (!Number.isInteger(value) || value < 1)) {
      throw usageError(`${name} must be a positive whole number, not ${value}`);
    }
  }
  for (const [name, value] of [
    ['temperature', temperature],
    ['the inner epsilon', options.innerEpsilon],
    ['the norm that adjoints are clipped to', options.clipAdjoint],
  ] as const) {
    if (value !== undefined && !(value > 0)) throw usageError(`${name} must be positive, not ${value}`);
  }
  if (!Number.isInteger(options.warmUpBatches) || options.warmUpBatches < 0) {
    throw usageError(`warm-up batches must be a whole number, not ${options.warmUpBatches}`);
  }
  if (innerLearningRate !== 'auto' && !(innerLearningRate >= 0)) {
    throw usageError(`the inner learning rate must be auto or a number that is not negative, not ${innerLearningRate}`);
  }
  if (!(innerMomentum >= 0 && innerMomentum < 1)) {
    throw usageError(`the inner momentum must be in [0, 1), not ${innerMomentum}`);
  }
}
