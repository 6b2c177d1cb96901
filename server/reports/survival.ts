/** Pictures of a survival data set: what a command or an editor asks for, to what the report shows. */
import packageJson from '../../package.json';
import { readManifest, readSurvivalDataset } from '../autos/dataset/index';
import { readPredictor } from '../autos/predictor/file';
import { type MethodScores, type NamedPredictor, picturesOf } from '../autos/report/pictures';
import type { SurvivalRun } from '../autos/types';
import type { Executor } from '../executors/types';
import { formatPath } from '../format';
import type { ObjectiveChoice } from '../objectives';
import { usageError } from '../protocol/errors';
import type { SurvivalPictures, SurvivalReport } from '../protocol/survival';
import { findMethod } from '../request/methods';
import type { Requested } from '../request/model';
import { withObjective } from '../request/objective';
import { defined } from '../request/options';
import { openBatches, scoreModel } from '../request/scoring';
import { readWeights } from '../request/weights';
import type { TrainingConfig } from '../training/config';
import { createPage } from './page';

/** Methods whose scores survival is shown against where the network is there. */
const METHODS = ['grasp', 'prospr'] as const;

/** A network that runs of the data set are of, and what is asked for of it. */
export type ShownModel = Requested;

export interface SurvivalReportRequest {
  /** Folder of the data set. */
  readonly dataset: string;
  /** Files of predictors. */
  readonly predictors: readonly string[];
  readonly models: readonly ShownModel[];
  readonly executor: Executor;
  readonly signal: AbortSignal;
  onProgress?(done: number, total: number, what: string): void;
}

/** What a training minimized, as far as somebody had said it. */
function choiceOf({ objective, loss, huberDelta, labelSmoothing }: TrainingConfig): ObjectiveChoice {
  return defined({ objective, loss, huberDelta, labelSmoothing });
}

/** GraSP's and ProsPr's scores at the run's own initial weights. */
async function methodScores(
  { executor, signal }: SurvivalReportRequest,
  { model, request }: ShownModel,
  { settings, layers, data, training }: SurvivalRun,
): Promise<MethodScores[]> {
  // The data and the objective that it was pruned with, unless something else is said.
  const { objective, loss } = request.objective;
  const isUnnamed = objective === undefined && loss === undefined;
  const known = {
    ...request,
    ...(!request.data && { data: { given: data, name: data } }),
    ...(isUnnamed && training && { objective: { ...choiceOf(training.config), ...request.objective } }),
  };
  const network = await withObjective(model.network, known);
  const weights = new Map(await readWeights(network, settings.seed, request.weightsFile));
  for (const { weight, initial } of layers) weights.set(weight, initial);
  const prunable = layers.map(({ weight }) => weight);
  const seeded = { ...model, network, seed: settings.seed, weights, prunable };
  const found: MethodScores[] = [];
  for (const name of METHODS) {
    const criterion = findMethod(name);
    const source = await openBatches(criterion, seeded, known);
    const { scores } = await scoreModel({
      criterion,
      model: seeded,
      executor,
      source,
      scoring: request.scoring,
      sparsity: 0,
      signal,
    });
    found.push({ title: criterion.title, scores: prunable.map((weight) => scores.get(weight)!) });
  }
  return found;
}

/** @throws a usage error where the data set has no run of a named network. */
function checkModels(request: SurvivalReportRequest, runs: readonly SurvivalRun[]): void {
  for (const { model } of request.models) {
    if (runs.some(({ modelHash }) => modelHash === model.network.fingerprint)) continue;
    const labels = [...new Set(runs.map(({ label }) => label))].join(', ');
    throw usageError(
      `The data set in ${request.dataset} has no run of ${model.network.name} as it is now.`,
      `It has runs of ${labels}.`,
    );
  }
}

/**
 * Pictures of every run of a data set, and of predictors on it.
 *
 * @throws UserError where data set or predictor cannot be read; a usage error where a model is of none of the runs; the signal's reason when it is interrupted.
 */
export async function createSurvivalReport(request: SurvivalReportRequest): Promise<SurvivalReport> {
  const { dataset, models, executor, signal, onProgress } = request;
  const { entries } = await readManifest(dataset);
  const runs = await readSurvivalDataset(dataset);
  checkModels(request, runs);
  const predictors: NamedPredictor[] = [];
  for (const file of request.predictors) {
    predictors.push({ file: formatPath(file), predictor: await readPredictor(file) });
  }
  const pictures: SurvivalPictures[] = [];
  for (const [index, run] of runs.entries()) {
    signal.throwIfAborted();
    const { name } = entries[index];
    onProgress?.(index, runs.length, name);
    const shown = models.find(({ model }) => model.network.fingerprint === run.modelHash);
    const methods = shown ? await methodScores(request, shown, run) : [];
    pictures.push(await picturesOf({ name, run, methods, predictors, executor, signal }));
  }
  return {
    format: 'prunelens-survival-report-1',
    version: packageJson.version,
    dataset: formatPath(dataset),
    runs: pictures,
  };
}

/** The report as one HTML file. */
export function survivalPage(report: SurvivalReport): string {
  return createPage({
    title: 'PruneLens: survival',
    bundle: 'survivalReport',
    id: 'survival',
    value: report,
    withoutScript: 'This page draws its pictures with JavaScript.',
  });
}
