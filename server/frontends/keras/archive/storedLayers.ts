/** Weights as `.keras` archives hold them: groups that are named after the classes of layers, values that are numbered. */
import { UserError } from '../../../protocol/errors';
import type { LayerDescription, ModelDescription } from '../description';
import type { Hdf5File, StoredValues } from './hdf5';
import type { LayerParameter } from './layerParameters';

type Weights = { readonly [name: string]: StoredValues };

/** What Keras calls the parts of layers that have other layers in them. */
const PARTS: { readonly [name: string]: string } = {
  query: 'query_dense',
  key: 'key_dense',
  value: 'value_dense',
  attention_output: 'output_dense',
};

/** The group of a layer within another one. */
function partOf({ className }: LayerDescription, part: string): string {
  if (part.endsWith('_cell')) return 'cell';
  if (className === 'Bidirectional') {
    if (part.startsWith('forward_')) return 'forward_layer';
    if (part.startsWith('backward_')) return 'backward_layer';
  }
  return PARTS[part] ?? 'layer';
}

/** `MaxPooling2D` as `max_pooling2d`, by Keras's own two replacements. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function unfit(file: string, layer: LayerDescription, problem: string): UserError {
  return new UserError(
    `${file}: the weights of the layer '${layer.name}' (${layer.className}) do not fit it: ${problem}.`,
    {
      hint: 'Save the model again, with a version of Keras that is the same for model and weights.',
    },
  );
}

/** The values of one layer, whose group is `path`. */
function readLayer(
  file: Hdf5File,
  name: string,
  path: string,
  layer: LayerDescription,
  parameters: readonly LayerParameter[],
): Weights {
  const counts = new Map<string, number>();
  const entries = parameters.map(({ shortName, shape }) => {
    const parts = shortName.split('/').slice(0, -1);
    const inner = parts.map((part) => partOf(layer, part));
    // Keras 2 has the parts of attention under the names of private fields.
    const groups = [inner, inner.map((part) => `_${part}`)].map((names) => [path, ...names, 'vars'].join('/'));
    const group = groups.find((one) => file.has(one)) ?? groups[0];
    const number = counts.get(group) ?? 0;
    counts.set(group, number + 1);
    const place = `${group}/${number}`;
    const found = file.shape(place);
    if (!found) throw unfit(name, layer, `there is no ${place}`);
    if (found.join() !== shape.join()) {
      throw unfit(name, layer, `${place} is [${found.join(', ')}], and ${shortName} [${shape.join(', ')}]`);
    }
    return [shortName, file.values(place)] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The model with the values of its weights.
 * @param name The file, for messages.
 * @throws UserError where values are missing or have other shapes.
 */
export function withStoredLayers(
  model: ModelDescription,
  file: Hdf5File,
  parameters: ReadonlyMap<LayerDescription, readonly LayerParameter[]>,
  name: string,
  path = '',
): ModelDescription {
  const counts = new Map<string, number>();
  const layers = model.layers.map((layer) => {
    const base = snakeCase(layer.className);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const group = `${path}layers/${base}${count === 0 ? '' : `_${count}`}`;
    if (layer.model) return { ...layer, model: withStoredLayers(layer.model, file, parameters, name, `${group}/`) };
    const own = parameters.get(layer) ?? [];
    if (own.length === 0) return layer;
    const stored = file.text(`${group}/vars`, 'name');
    if (stored !== undefined && stored !== layer.name) {
      throw unfit(name, layer, `${group} is of the layer '${stored}'`);
    }
    return { ...layer, weights: readLayer(file, name, group, layer, own) };
  });
  return { ...model, layers };
}
