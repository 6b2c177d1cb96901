/** Weights as `.h5` files hold them: a group for each layer of the outermost model, in it values with the names of variables. */
import { UserError } from '../../../protocol/errors';
import type { LayerDescription, ModelDescription } from '../description';
import type { Hdf5File, StoredValues } from './hdf5';
import type { LayerParameter } from './layerParameters';

/** A parameter of a layer, with the names of models around that layer, outermost first. */
interface Place extends LayerParameter {
  readonly layer: LayerDescription;
  readonly path: readonly string[];
}

function unfit(name: string, group: string, problem: string): UserError {
  return new UserError(`${name}: the weights of the layer '${group}' do not fit it: ${problem}.`, {
    hint: 'Save the model again, with a version of Keras that is the same for model and weights.',
  });
}

/** The parameters of a layer, or of the layers of a model. */
function placesOf(
  layer: LayerDescription,
  parameters: ReadonlyMap<LayerDescription, readonly LayerParameter[]>,
  path: readonly string[] = [],
): readonly Place[] {
  const inside = [...path, layer.name];
  if (layer.model) return layer.model.layers.flatMap((inner) => placesOf(inner, parameters, inside));
  return (parameters.get(layer) ?? []).map((parameter) => ({ ...parameter, layer, path: inside }));
}

/** Whether `variable` is the name of a parameter, with the names of models around it, all or some. */
function names(variable: string, { path, shortName, aliases }: Place): boolean {
  return [shortName, ...aliases].some((short) => `/${variable}`.endsWith(`/${path.at(-1)}/${short}`));
}

const lastOf = (name: string) => name.split('/').at(-1);

/**
 * Which parameter each variable of a group is. Names decide; where a file of old has other names of layers, the order does, in a
 * layer whose variables end in the names of its parameters.
 */
function assign(variables: readonly string[], places: readonly Place[], name: string, group: string): readonly Place[] {
  const found = variables.map((variable) => {
    const plain = variable.replace(/:\d+$/, '');
    const named = places.filter((place) => names(plain, place));
    const whole = named.filter(({ path }) => `/${plain}/`.includes(`/${path.join('/')}/`));
    return named.length === 1 ? named[0] : whole.length === 1 ? whole[0] : undefined;
  });
  if (found.every((place) => place !== undefined) && new Set(found).size === found.length) return found;
  const ordered = [...places.filter((one) => !one.isStatistic), ...places.filter((one) => one.isStatistic)];
  const isOneLayer = new Set(places.map(({ layer }) => layer)).size === 1;
  const isInOrder = variables.every(
    (variable, i) => ordered[i] && lastOf(ordered[i].shortName) === lastOf(variable.replace(/:\d+$/, '')),
  );
  if (isOneLayer && isInOrder && variables.length === ordered.length) return ordered;
  const unknown = variables[found.indexOf(undefined)] ?? variables[0];
  throw unfit(name, group, `nothing tells which parameter '${unknown}' is`);
}

/**
 * The model with the values of its weights.
 * @param name The file, for messages.
 * @throws UserError where a value has another shape, is missing, or cannot be told to be of a parameter.
 */
export function withNamedWeights(
  model: ModelDescription,
  file: Hdf5File,
  parameters: ReadonlyMap<LayerDescription, readonly LayerParameter[]>,
  name: string,
): ModelDescription {
  const values = new Map<LayerDescription, { [name: string]: StoredValues }>();
  for (const layer of model.layers) {
    const places = placesOf(layer, parameters);
    if (places.length === 0) continue;
    const group = `model_weights/${layer.name}`;
    const variables = file.texts(group, 'weight_names') ?? [];
    if (variables.length < places.length) throw unfit(name, layer.name, `it has ${variables.length} weights there`);
    for (const [i, place] of assign(variables, places, name, layer.name).entries()) {
      const stored = file.values(`${group}/${variables[i]}`);
      if (stored.shape.join() !== place.shape.join()) {
        const shapes = `[${stored.shape.join(', ')}], and ${place.shortName} [${place.shape.join(', ')}]`;
        throw unfit(name, layer.name, `'${variables[i]}' is ${shapes}`);
      }
      values.set(place.layer, { ...values.get(place.layer), [place.shortName]: stored });
    }
  }
  const fill = (inner: ModelDescription): ModelDescription => ({
    ...inner,
    layers: inner.layers.map((layer) => {
      const weights = values.get(layer);
      return { ...layer, ...(weights && { weights }), ...(layer.model && { model: fill(layer.model) }) };
    }),
  });
  return fill(model);
}
