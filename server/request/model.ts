/** From a model's name on the command line to a network with initial weights, and what is asked for of it. */

import {
  FRONT_ENDS,
  type FrontEnd,
  type LoadOptions,
  loadNetwork,
  type ModelSpecifier,
  parseModelSpecifier,
} from '../frontends';
import { describeChoice } from '../models/outputs';
import type { Network } from '../models/types';
import { printToStandardError } from '../processes/modelOutput';
import type { Weights } from '../pruning';
import { settingsFor } from '../settings/find';
import type { Settings } from '../settings/types';
import {
  type LoadingFlags,
  type LoadOptionsOfModel,
  loadingChoice,
  loadingOfRequest,
  modelLoading,
} from './modelSetup';
import { withObjective } from './objective';
import { checkDataTrust } from './pythonData';
import { resolveRequest, resolveTraining, wantedOutput } from './resolve';
import type { LoadingChoice, ModelRequest, RequestFlags, TrainingRequest, TrainingRequestFlags } from './types';
import { readWeights } from './weights';

/** A model that is loaded, and what its `prunelens.json` says: what requests are resolved from. */
export interface LoadedModel {
  readonly specifier: string;
  readonly network: Network;
  readonly settings: Settings;
  readonly loading?: LoadingChoice;
  /** Whether code of the workspace may run. */
  readonly trusted: boolean;
}

export interface PreparedModel {
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
export interface Loading extends Pick<LoadOptions, 'trusted' | 'unsaved' | 'keeper'> {
  /** The model's network where it is loaded already. */
  readonly known?: Network;
  readonly frontEnds?: readonly FrontEnd[];
  /** Receives what is to be said of the model; standard error by default. */
  readonly onNote?: (line: string) => void;
}

/** What flags and settings say of a model. */
export interface Said {
  readonly flags: LoadingFlags;
  readonly settings: Settings;
}

/** The network of a model, loaded as flags and settings say. @throws UserError for everything that is wrong with it. */
export async function loadWith(
  source: ModelSpecifier,
  said: Said,
  signal: AbortSignal,
  loading: Omit<Loading, 'known' | 'onNote'>,
): Promise<Network> {
  return loadAs(source, await modelLoading(source, said.flags, said.settings), signal, loading);
}

/** The network of a model that a request has been resolved for, from the request alone. */
export function loadAgain(
  request: ModelRequest,
  signal: AbortSignal,
  loading: Pick<Loading, 'trusted'>,
): Promise<Network> {
  return loadAs(parseModelSpecifier(request.specifier), loadingOfRequest(request), signal, loading);
}

function loadAs(
  source: ModelSpecifier,
  options: LoadOptionsOfModel,
  signal: AbortSignal,
  { frontEnds = FRONT_ENDS, trusted, unsaved, keeper }: Omit<Loading, 'known' | 'onNote'>,
): Promise<Network> {
  const rest = { ...(unsaved && { unsaved }), ...(keeper && { keeper }) };
  return loadNetwork(source, { signal, trusted, ...rest, ...options }, frontEnds);
}

/** Loads a model and finds its settings. @throws UserError for everything that is wrong with them. */
export async function loadForRequests(
  specifier: string,
  flags: LoadingFlags,
  signal: AbortSignal,
  { known, onNote = printToStandardError, ...loading }: Loading,
): Promise<LoadedModel> {
  const source = parseModelSpecifier(specifier, loading.frontEnds);
  const settings = await settingsFor(source.file);
  checkDataTrust(flags.data ?? settings.data?.name, loading.trusted);
  const options = await modelLoading(source, flags, settings);
  const network = known ?? (await loadAs(source, options, signal, loading));
  const isAsked = wantedOutput(flags, settings) !== undefined;
  const choice = isAsked ? undefined : describeChoice(network.name, network.outputs);
  if (choice !== undefined) onNote(choice);
  const said = loadingChoice(options);
  return { specifier, settings, network, trusted: loading.trusted, ...(said && { loading: said }) };
}

/**
 * Chooses what a model is for, and draws or reads its initial weights.
 *
 * @throws UserError for everything that is wrong with the objective or the weights file.
 */
export async function prepareModel(loaded: Network, request: ModelRequest): Promise<PreparedModel> {
  const { seed, prunable, weightsFile } = request;
  const network = await withObjective(loaded, request);
  return { network, seed, prunable, weights: await readWeights(network, seed, weightsFile) };
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
  const loaded = await loadForRequests(specifier, flags, signal, loading);
  const request = resolveRequest({ ...loaded, flags });
  return { model: await prepareModel(loaded.network, request), request };
}

/** The same for a model that is to be trained. @throws UserError also where options of the training do not fit together. */
export async function openTrained(
  specifier: string,
  flags: TrainingRequestFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<Requested<TrainingRequest>> {
  const loaded = await loadForRequests(specifier, flags, signal, loading);
  const request = resolveTraining({ ...loaded, flags });
  return { model: await prepareModel(loaded.network, request), request };
}
