/** The parameters of each layer of a description, in Keras's order: what values of files are for. */
import { isStatistic, type Parameter } from '../../../models/types';
import type { LayerDescription, ModelDescription } from '../description';
import { createNetwork } from '../network/createNetwork';
import { createInstances, leaves } from '../network/instances';

/** One of a layer's parameters. */
export interface LayerParameter {
  /** Without the layer's name: `kernel`, `lstm_cell/kernel`. */
  readonly shortName: string;
  /** Shorter names by which files may have it, likewise. */
  readonly aliases: readonly string[];
  readonly shape: readonly number[];
  readonly isStatistic: boolean;
}

/**
 * The parameters of all layers that an output of the model needs.
 * @throws UserError where the model is not supported: see `createNetwork`.
 */
export function layerParameters(model: ModelDescription): ReadonlyMap<LayerDescription, readonly LayerParameter[]> {
  const names = new Map(leaves(createInstances(model)).map(({ name, description }) => [name, description]));
  const found = new Map<LayerDescription, LayerParameter[]>();
  for (const output of model.outputs.keys()) {
    const { parameters } = createNetwork(model, undefined, String(output));
    const fresh = new Map<LayerDescription, LayerParameter[]>();
    for (const parameter of parameters) {
      const layer = names.get(parameter.layer)!;
      const known = fresh.get(layer) ?? [];
      fresh.set(layer, known);
      known.push(describe(parameter));
    }
    for (const [layer, described] of fresh) found.set(layer, described);
  }
  return found;
}

function describe(parameter: Parameter): LayerParameter {
  const { name, layer, shape, aliases = [] } = parameter;
  const short = (full: string) => full.slice(layer.length + 1);
  return { shortName: short(name), aliases: aliases.map(short), shape, isStatistic: isStatistic(parameter) };
}
