/** From a model's name on the command line to a network with initial weights. */

import { type LoadOptions, loadModel } from '../frontends/keras/loadModel';
import { parseModelSpecifier } from '../frontends/keras/modelSpecifier';
import { createNetwork } from '../models/network';
import type { Network } from '../models/types';
import { usageError } from '../protocol/errors';
import type { ModelDescription } from '../protocol/model';
import type { Weights } from '../pruning';
import { settingsFor } from '../settings/find';
import { matchesName } from '../settings/patterns';
import type { Settings } from '../settings/types';
import type { CriterionOptions, ModelOptions } from './flags';
import { readWeights } from './tensors';

export interface PreparedModel {
  readonly description: ModelDescription;
  readonly network: Network;
  readonly settings: Settings;
  readonly seed: number;
  readonly weights: Weights;
  /** Names of the weights that may be pruned. */
  readonly prunable: readonly string[];
}

function checkUse(patterns: readonly string[], layers: readonly string[], option: string): void {
  const unused = patterns.find((pattern) => !layers.some((layer) => matchesName(pattern, layer)));
  if (unused === undefined) return;
  throw usageError(`${option} ${unused} matches no layer.`, `The layers that can be pruned are ${layers.join(', ')}.`);
}

/** Kernels whose layers the patterns of flags or settings leave in; a pattern given as a flag must match something. */
function prunableWeights(network: Network, flags: ModelOptions, settings: Settings): string[] {
  const candidates = network.parameters.filter(({ prunable }) => prunable);
  const layers = [...new Set(candidates.map(({ layer }) => layer))];
  checkUse(flags.include ?? [], layers, '--include');
  checkUse(flags.exclude ?? [], layers, '--exclude');
  const include = flags.include ?? settings.prunable?.include;
  const exclude = flags.exclude ?? settings.prunable?.exclude ?? [];
  const matches = (patterns: readonly string[], layer: string) => patterns.some((one) => matchesName(one, layer));
  const chosen = candidates.filter(
    ({ layer }) => (include === undefined || matches(include, layer)) && !matches(exclude, layer),
  );
  if (chosen.length > 0) return chosen.map(({ name }) => name);
  if (layers.length === 0) throw usageError(`${network.name} has no dense or convolution layer that could be pruned.`);
  throw usageError(
    `No layer of ${network.name} is left to prune.`,
    `Check --include and --exclude, or "prunable" in the settings; the layers are ${layers.join(', ')}.`,
  );
}

/** How a model is loaded. */
export interface Loading extends Pick<LoadOptions, 'trusted' | 'unsaved'> {
  /** The model's description where it is loaded already. */
  readonly known?: ModelDescription;
}

/**
 * Loads the model and its settings, and draws or reads its initial weights.
 *
 * @throws UserError for everything that is wrong with model, settings, patterns or weights file.
 */
export async function prepareModel(
  specifier: string,
  flags: ModelOptions & CriterionOptions,
  signal: AbortSignal,
  { known, ...loading }: Loading,
): Promise<PreparedModel> {
  const source = parseModelSpecifier(specifier);
  const settings = await settingsFor(source.file);
  const description = known ?? (await loadModel(source, { signal, ...loading }));
  const network = createNetwork(description);
  const seed = flags.seed ?? settings.seed ?? 0;
  const prunable = prunableWeights(network, flags, settings);
  return { description, network, settings, seed, prunable, weights: await readWeights(network, seed, flags.weights) };
}
