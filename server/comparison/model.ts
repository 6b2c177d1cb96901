/** A model of a comparison with its data and settings, and what must stay the same when it is resumed. */

import { contentHash } from '../data/contentHash';
import type { Network } from '../models/types';
import type { Dataset } from '../protocol/data';
import { requireData } from '../request/data';
import { type Loading, openTrained, type PreparedModel, type Requested } from '../request/model';
import type { TrainingRequest, TrainingRequestFlags } from '../request/types';
import type { RunOrigin } from '../runs/types';
import { type ContentHashes, hashContents } from './content';

export interface ComparedNetwork {
  readonly label: string;
  readonly model: PreparedModel;
  readonly dataset: Dataset;
  readonly data: string;
  readonly content: ContentHashes;
  /** With the first seed; every run has its own. */
  readonly request: TrainingRequest;
  /** Everything that decides the results besides method, sparsity and seed, as setting and value. */
  readonly settings: { readonly [name: string]: string };
}

/** What the runs of a network tell of it: its data, and the export of its file where it has a name. */
export function originOf({ data, model }: Pick<ComparedNetwork, 'data' | 'model'>): RunOrigin {
  const { exportName } = model.network;
  return { data, ...(exportName !== undefined && { exportName }) };
}

/** The leaves of nested settings, by their path, as text. */
function leaves(prefix: string, value: unknown): [string, string][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [[prefix, String(value)]];
  if (Array.isArray(value)) return [[prefix, value.join(', ')]];
  return Object.entries(value).flatMap(([key, entry]) => leaves(prefix === '' ? key : `${prefix}.${key}`, entry));
}

/** Folders of comparisons record this: names and texts must stay as they are, or they cannot be resumed. */
function settingsOf({ model, dataset, data, request }: Omit<ComparedNetwork, 'label' | 'settings' | 'content'>) {
  const { training, scoring, selection, channels, convergence, recorded } = request;
  const { seed: _seed, ...shared } = training;
  const { gradientNorms: _reported, ...options } = scoring.options;
  return Object.fromEntries(
    leaves('', {
      model: model.network.fingerprint,
      data,
      trainExamples: dataset.train.size,
      testExamples: dataset.test.size,
      ...shared,
      scoring: options,
      selection: selection.scope,
      minPerLayer: selection.minPerLayer,
      // Their defaults are left out, as they are from folders that were made before there were structured methods.
      sparsityOf: channels.of === 'channels' ? undefined : channels.of,
      adapt: channels.adapt === 'keep' ? undefined : channels.adapt,
      pruningRate: convergence.pruningRate,
      fineTuneEpochs: convergence.fineTuning?.epochs,
      rewindEpoch: recorded.rewindEpoch,
      dynamic: request.dynamic,
      pruningBatchSize: recorded.pruningBatchSize,
      preset: scoring.preset?.name,
      predictor: scoring.predictor,
      exactPredictor: scoring.exactPredictor || undefined,
      pruned: model.prunable,
      weights: request.weightsFile,
    }),
  );
}

/** A data set with its name for records, and the hash of its contents. */
export interface OpenedData extends Pick<ComparedNetwork, 'dataset' | 'data'> {
  readonly hash: string;
}

/** Opens the data of a request. @throws UserError where there are none, or they do not fit. */
export async function openHashed(request: TrainingRequest, network: Network): Promise<OpenedData> {
  const opened = await requireData(request, network);
  return { ...opened, hash: await contentHash(opened.dataset) };
}

/** A network under its label, with its data. @throws UserError where a file that it names cannot be read. */
export async function comparedNetwork(
  label: string,
  requested: Requested<TrainingRequest>,
  { dataset, data, hash }: OpenedData,
): Promise<ComparedNetwork> {
  const parts = { ...requested, dataset, data };
  const content = await hashContents(requested.request, hash);
  return { label, ...parts, content, settings: settingsOf(parts) };
}

/** The same network asked for otherwise: with another request of the same files and data. */
export function withRequest(compared: ComparedNetwork, request: TrainingRequest): ComparedNetwork {
  return { ...compared, request, settings: settingsOf({ ...compared, request }) };
}

/**
 * Loads a model with all it needs, under a label; everything that is wrong with model, data and options is a UserError now,
 * not after the first runs.
 */
export async function prepareCompared(
  specifier: string,
  label: string,
  flags: TrainingRequestFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<ComparedNetwork> {
  const requested = await openTrained(specifier, flags, signal, loading);
  return comparedNetwork(label, requested, await openHashed(requested.request, requested.model.network));
}
