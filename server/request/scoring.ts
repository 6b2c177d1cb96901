/** Scoring a prepared model, for every command that does. */
import { basename } from 'node:path';
import type { Executor } from '../executors/types';
import type { Batch } from '../protocol/data';
import { aboutData, usageError } from '../protocol/errors';
import type { Stability } from '../protocol/stability';
import { type Criterion, measureStability, type Saliency, scoreNetwork } from '../pruning';
import { readBatches } from './batches';
import { batchSource, type DrawnBatches, openData } from './data';
import { rememberedSteps } from './innerSteps';
import type { PreparedModel } from './model';
import { objectiveNotes } from './objective';
import { withPreset } from './presets';
import type { ModelRequest, ScoringChoice, SelectionChoice } from './types';

/** Where the batches to score on come from. */
export interface BatchSource {
  readonly batches?: DrawnBatches['batches'];
  readonly otherBatches?: DrawnBatches['otherBatches'];
  readonly givenBatches?: readonly Batch[];
  /** What people are told of how the data was read, a sentence each. */
  readonly notes?: readonly string[];
}

/**
 * The batches of a file, or those drawn from the data set; none where the criterion needs none.
 *
 * @throws UserError (usage) where the criterion needs data and none is given.
 */
export async function openBatches(
  criterion: Pick<Criterion, 'needsData' | 'title'>,
  { network, seed }: Pick<PreparedModel, 'network' | 'seed'>,
  request: Pick<ModelRequest, 'data' | 'limit' | 'objective' | 'batchesFile' | 'scoring' | 'interpreter'>,
): Promise<BatchSource> {
  if (!criterion.needsData) return {};
  if (request.batchesFile !== undefined) {
    const notes = objectiveNotes(network, request.objective, basename(request.batchesFile));
    return { givenBatches: await readBatches(network, request.batchesFile), ...(notes.length > 0 && { notes }) };
  }
  const dataset = await openData(request, network);
  if (!dataset) {
    throw aboutData(
      usageError(
        `${criterion.title} looks at training data, and none is given.`,
        'Name a data set with --data (mnist, a folder, a file) or in prunelens.json, or give exact batches with --batches.',
      ),
    );
  }
  const { notes } = dataset;
  return { ...batchSource(network, dataset, request.scoring.batchSize, seed), ...(notes && { notes }) };
}

/** What every scoring of a prepared model needs, of its weights or its channels. */
export interface Scoring {
  readonly model: PreparedModel;
  readonly executor: Executor;
  readonly source: BatchSource;
  readonly scoring: ScoringChoice;
  /** How masks of single weights are selected, by which an inner step is chosen. */
  readonly selection?: SelectionChoice;
  readonly sparsity: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ScoreRequest extends Scoring {
  readonly criterion: Criterion;
}

/** The same as the engine takes it. */
export function scoringInput(
  { model, executor, source, scoring, selection, sparsity, signal, onProgress }: Scoring,
  criterion: Pick<Criterion, 'presets'>,
) {
  const { network, weights, prunable, seed } = model;
  const { stability } = scoring;
  return {
    ...{ network, weights, prunable, executor, seed, signal, innerSteps: rememberedSteps() },
    options: { ...withPreset(criterion, scoring), sparsity },
    ...source,
    ...(selection && { selection }),
    ...(stability && { stability }),
    ...(onProgress && { onProgress }),
  };
}

/**
 * Scores every prunable weight of the model.
 *
 * @throws UserError (usage) also where a pattern is asked of a criterion that decides itself what layers keep.
 */
export async function scoreModel(request: ScoreRequest): Promise<Saliency> {
  const { pattern } = request.scoring.options;
  const { decidesCounts, title } = request.criterion;
  if (pattern !== undefined && decidesCounts) {
    throw usageError(`--pattern ${pattern} and ${title} both say what layers keep.`, 'Leave one of them out.');
  }
  return scoreNetwork({ criterion: request.criterion, ...scoringInput(request, request.criterion) });
}

/** How stable it is what `scoreModel` has made of the same request. */
export function stabilityOfModel(request: ScoreRequest, saliency: Saliency): Promise<Stability> {
  return measureStability({ criterion: request.criterion, ...scoringInput(request, request.criterion) }, saliency);
}
