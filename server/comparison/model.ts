/** A model of a comparison with its data and settings, and what must stay the same when it is resumed. */

import { fingerprint } from '../models/fingerprint';
import type { Dataset } from '../protocol/data';
import { defaultScoringOptions } from '../pruning';
import { dataName, requireData } from '../request/data';
import { type Loading, type PreparedModel, prepareModel } from '../request/model';
import { scoringBatchSize, scoringOptions, trainingConfig, withPredictor } from '../request/options';
import type { RunOrigin } from '../runs/types';
import type { TrainingConfig } from '../training/config';
import type { CompareFlags } from './flags';

export interface ComparedNetwork {
  readonly label: string;
  readonly model: PreparedModel;
  readonly dataset: Dataset;
  readonly data: string;
  /** With the first seed; every run has its own. */
  readonly training: TrainingConfig;
  /** Everything that decides the results besides method, sparsity and seed, as setting and value. */
  readonly settings: { readonly [name: string]: string };
}

/** What the runs of a network tell of it: its data, and the export of its file where it has a name. */
export function originOf({ data, model }: Pick<ComparedNetwork, 'data' | 'model'>): RunOrigin {
  const { exportName } = model.description;
  return { data, ...(exportName !== undefined && { exportName }) };
}

/** The leaves of nested settings, by their path, as text. */
function leaves(prefix: string, value: unknown): [string, string][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [[prefix, String(value)]];
  if (Array.isArray(value)) return [[prefix, value.join(', ')]];
  return Object.entries(value).flatMap(([key, entry]) => leaves(prefix === '' ? key : `${prefix}.${key}`, entry));
}

function settingsOf(network: Omit<ComparedNetwork, 'settings'>, flags: CompareFlags): { [name: string]: string } {
  const { model, dataset, data, training } = network;
  const { seed: _seed, ...shared } = training;
  const {
    sparsity: _sparsity,
    gradientNorms: _reported,
    ...scoring
  } = { ...defaultScoringOptions, ...scoringOptions(flags, model.settings) };
  return Object.fromEntries(
    leaves('', {
      model: fingerprint(model.description),
      data,
      trainExamples: dataset.train.size,
      testExamples: dataset.test.size,
      ...shared,
      scoring,
      selection: flags.selection ?? 'global',
      minPerLayer: flags.minPerLayer ?? model.settings.prunable?.minPerLayer ?? 0,
      // Their defaults are left out, as they are from folders that were made before there were structured methods.
      sparsityOf: flags.sparsityOf === 'channels' ? undefined : flags.sparsityOf,
      adapt: flags.adapt === 'keep' ? undefined : flags.adapt,
      pruningRate: flags.pruningRate,
      fineTuneEpochs: flags.fineTuneEpochs,
      rewindEpoch: flags.rewindEpoch,
      pruningBatchSize: scoringBatchSize(flags, model.settings),
      predictor: withPredictor(flags, model.settings).predictor,
      exactPredictor: flags.exactPredictor,
      pruned: model.prunable,
      weights: flags.weights,
    }),
  );
}

/** A model that is loaded, with its data: what several sets of training options can share. */
export interface LoadedNetwork {
  readonly model: PreparedModel;
  readonly dataset: Dataset;
  readonly data: string;
}

/** Loads a model and its data; everything that is wrong with them is a UserError now, not after the first runs. */
export async function loadNetwork(
  specifier: string,
  flags: CompareFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<LoadedNetwork> {
  const model = await prepareModel(specifier, flags, signal, loading);
  const { network, settings } = model;
  const dataset = await requireData({ ...flags, settings, network });
  return { model, dataset, data: dataName({ ...flags, settings })! };
}

/** A loaded model with the options it is trained and pruned with. */
export function withOptions(loaded: LoadedNetwork, label: string, flags: CompareFlags): ComparedNetwork {
  const { settings, seed } = loaded.model;
  const compared = { label, ...loaded, training: trainingConfig(flags, settings, seed) };
  return { ...compared, settings: settingsOf(compared, flags) };
}

/** Loads a model with all it needs, under a label. */
export async function prepareCompared(
  specifier: string,
  label: string,
  flags: CompareFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<ComparedNetwork> {
  return withOptions(await loadNetwork(specifier, flags, signal, loading), label, flags);
}
