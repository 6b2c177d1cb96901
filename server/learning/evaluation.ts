/** A predictor and the networks it is evaluated on: which of them it knows, and how it orders their weights. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readManifest, readSurvivalDataset } from '../autos/dataset/index';
import { readPredictor } from '../autos/predictor/file';
import type { Predictor } from '../autos/predictor/types';
import { measureAgreement } from '../autos/report/agreement';
import { hasSeen } from '../autos/report/pictures';
import { shippedPredictor } from '../autos/shipped/locate';
import type { Executor } from '../executors/types';
import { fileFailure } from '../files/failures';
import { formatPath } from '../format';
import { usageError } from '../protocol/errors';
import type { PredictorEvaluation } from '../protocol/survival';

/** A network by its label and the fingerprint of its topology. */
export interface EvaluatedModel {
  readonly label: string;
  readonly modelHash: string;
}

/** A predictor that is evaluated, with the file it is from. */
export interface EvaluatedPredictor {
  readonly file: string;
  readonly sha256: string;
  readonly predictor: Predictor;
}

/** The predictor in `file`, or the one that ships with PruneLens. */
export async function openPredictor(file: string = shippedPredictor()): Promise<EvaluatedPredictor> {
  const predictor = await readPredictor(file);
  const bytes = await readFile(file).catch((error) => {
    throw fileFailure(error, 'read', file);
  });
  return { file, sha256: createHash('sha256').update(bytes).digest('hex'), predictor };
}

/** Labels of the networks that the predictor has learned from. */
export function seenModels({ predictor }: EvaluatedPredictor, models: readonly EvaluatedModel[]): string[] {
  return models.filter(({ modelHash }) => hasSeen(predictor, modelHash)).map(({ label }) => label);
}

/** @throws a usage error where the predictor has learned from one of the networks. */
export function checkUnseen(evaluated: EvaluatedPredictor, models: readonly EvaluatedModel[]): void {
  const seen = seenModels(evaluated, models);
  if (seen.length === 0) return;
  throw usageError(
    `The predictor ${formatPath(evaluated.file)} has learned from ${seen.join(', ')}: what it does there says nothing of other networks.`,
    'Name other networks, or evaluate these all the same, marked as seen, with --allow-seen.',
  );
}

export interface EvaluationRequest {
  readonly evaluated: EvaluatedPredictor;
  readonly models: readonly EvaluatedModel[];
  /** Survival data sets; their runs of other networks are passed over. */
  readonly truths: readonly string[];
  readonly sparsities: readonly number[];
  readonly executor: Executor;
  readonly signal: AbortSignal;
}

/**
 * Measures the predictor itself.
 *
 * @throws a usage error where a survival data set has no run of any of the networks.
 */
export async function evaluatePredictor(request: EvaluationRequest): Promise<PredictorEvaluation> {
  const { evaluated, models, truths, sparsities, executor, signal } = request;
  const { file, sha256, predictor } = evaluated;
  const runs: PredictorEvaluation['runs'][number][] = [];
  for (const folder of truths) {
    const { entries } = await readManifest(folder);
    const found = (await readSurvivalDataset(folder)).map((run, index) => ({ run, name: entries[index].name }));
    const own = found.filter(({ run }) => models.some(({ modelHash }) => modelHash === run.modelHash));
    if (own.length === 0) {
      const labels = [...new Set(found.map(({ run }) => run.label))].join(', ');
      throw usageError(
        `${folder} has no run of ${models.map(({ label }) => label).join(', ')}.`,
        `It has runs of ${labels}.`,
      );
    }
    for (const { run, name } of own) {
      signal.throwIfAborted();
      const { label } = models.find(({ modelHash }) => modelHash === run.modelHash)!;
      runs.push({ name, label, agreements: await measureAgreement(executor, predictor, run, sparsities, signal) });
    }
  }
  const origins = new Map(predictor.card.trainedOn.map(({ label, data }) => [`${label} ${data}`, { label, data }]));
  return {
    file: formatPath(file),
    sha256,
    trainedOn: [...origins.values()],
    seen: seenModels(evaluated, models),
    runs,
  };
}
