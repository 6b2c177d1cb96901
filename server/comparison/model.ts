/** A model of a comparison with its data and settings, and what must stay the same when it is resumed. */
import { createHash } from 'node:crypto';
import { dataName, requireData } from '../preparation/data';
import { type PreparedModel, prepareModel } from '../preparation/model';
import { scoringOptions, trainingConfig } from '../preparation/options';
import type { Dataset } from '../protocol/data';
import type { ModelDescription } from '../protocol/model';
import { defaultScoringOptions } from '../pruning';
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

/** A fingerprint of the topology: layers and how they are connected, not where their code is. */
function fingerprint(description: ModelDescription): string {
  const text = JSON.stringify(description, (key, value) => (key === 'source' || key === 'file' ? undefined : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
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
  const { sparsity: _sparsity, ...scoring } = { ...defaultScoringOptions, ...scoringOptions(flags) };
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
      pruned: model.prunable,
      weights: flags.weights,
    }),
  );
}

/** Loads a model and all it needs; everything that is wrong with them is a UserError now, not after the first runs. */
export async function prepareCompared(
  specifier: string,
  label: string,
  flags: CompareFlags,
  signal: AbortSignal,
): Promise<ComparedNetwork> {
  const model = await prepareModel(specifier, flags, signal);
  const { network, settings, seed } = model;
  const dataset = await requireData({ ...flags, settings, network });
  const data = dataName({ ...flags, settings })!;
  const compared = { label, model, dataset, data, training: trainingConfig(flags, settings, seed) };
  return { ...compared, settings: settingsOf(compared, flags) };
}
