/** From a model's name on the command line to a network with initial weights, and what is asked for of it. */

import { type LoadOptions, loadModel } from '../frontends/keras/loadModel';
import { type ModelSpecifier, parseModelSpecifier } from '../frontends/keras/modelSpecifier';
import { createNetwork } from '../models/network';
import type { Network } from '../models/types';
import type { ModelDescription } from '../protocol/model';
import type { Weights } from '../pruning';
import { settingsFor } from '../settings/find';
import type { Settings } from '../settings/types';
import { resolveRequest, resolveTraining } from './resolve';
import type { ModelRequest, RequestFlags, TrainingRequest, TrainingRequestFlags } from './types';
import { readWeights } from './weights';

/** A model that is loaded, and what its `prunelens.json` says: what requests are resolved from. */
export interface LoadedModel {
  readonly specifier: string;
  readonly description: ModelDescription;
  readonly network: Network;
  readonly settings: Settings;
}

export interface PreparedModel {
  readonly description: ModelDescription;
  readonly network: Network;
  readonly seed: number;
  readonly weights: Weights;
  /** Names of the weights that may be pruned. */
  readonly prunable: readonly string[];
}

/** A model with what is asked for of it. */
export interface Requested<Request extends ModelRequest = ModelRequest> {
  readonly model: PreparedModel;
  readonly request: Request;
}

/** How a model is loaded. */
export interface Loading extends Pick<LoadOptions, 'trusted' | 'unsaved'> {
  /** The model's description where it is loaded already. */
  readonly known?: ModelDescription;
}

/** Loads a model. @throws UserError for everything that is wrong with it. */
export async function loadNetwork(
  specifier: string | ModelSpecifier,
  signal: AbortSignal,
  { known, ...loading }: Loading,
): Promise<Pick<LoadedModel, 'description' | 'network'>> {
  const description = known ?? (await loadModel(specifier, { signal, ...loading }));
  return { description, network: createNetwork(description) };
}

/** Loads a model and finds its settings. @throws UserError for everything that is wrong with them. */
export async function loadForRequests(specifier: string, signal: AbortSignal, loading: Loading): Promise<LoadedModel> {
  const source = parseModelSpecifier(specifier);
  const settings = await settingsFor(source.file);
  return { specifier, settings, ...(await loadNetwork(source, signal, loading)) };
}

/** Draws or reads the initial weights of a model. @throws UserError for everything that is wrong with the weights file. */
export async function prepareModel(
  { description, network }: Pick<LoadedModel, 'description' | 'network'>,
  { seed, prunable, weightsFile }: ModelRequest,
): Promise<PreparedModel> {
  return { description, network, seed, prunable, weights: await readWeights(network, seed, weightsFile) };
}

/**
 * Loads a model and resolves what is asked for of it.
 *
 * @throws UserError for everything that is wrong with model, settings, patterns or weights file.
 */
export async function openModel(
  specifier: string,
  flags: RequestFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<Requested> {
  const loaded = await loadForRequests(specifier, signal, loading);
  const request = resolveRequest({ ...loaded, flags });
  return { model: await prepareModel(loaded, request), request };
}

/** The same for a model that is to be trained. @throws UserError also where options of the training do not fit together. */
export async function openTrained(
  specifier: string,
  flags: TrainingRequestFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<Requested<TrainingRequest>> {
  const loaded = await loadForRequests(specifier, signal, loading);
  const request = resolveTraining({ ...loaded, flags });
  return { model: await prepareModel(loaded, request), request };
}
