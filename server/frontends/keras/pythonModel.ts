/** From what a Python process tells of a Keras model to its description: the JSON is read as a file of it is, and lines and weights are added. */
import { getLocation } from 'jsonc-parser';
import { type SourceLocation, UserError } from '../../protocol/errors';
import type { ModelInput } from '../../protocol/modelSetup';
import { type LayerParameter, layerParameters } from './archive/layerParameters';
import type { LayerConfig, LayerDescription, ModelDescription } from './description';
import { readKerasJson } from './json/kerasJson';
import type { LoadedKeras, LoadedLayer, LoadedWeight } from './pythonProtocol';

type Loaded = Pick<LoadedKeras, 'json' | 'layers'>;

const keyOf = (path: readonly string[]): string => path.join('/');

/** The names of the layers around a place in the JSON of a model, the outermost model left out. */
function layersAround(json: string, { line, column }: SourceLocation): readonly string[] {
  const start =
    json
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0);
  // The place of a value is that of its first character.
  const { path } = getLocation(json, start + column);
  const names: string[] = [];
  let value: unknown = JSON.parse(json);
  for (const step of path) {
    value = (value as { readonly [key: string]: unknown })?.[step];
    const { class_name: className, config } = (value ?? {}) as { class_name?: unknown; config?: { name?: unknown } };
    if (className !== undefined && typeof config?.name === 'string') names.push(config.name);
  }
  return names;
}

/** Reads the JSON; what is wrong with it is told at the line of the layer. */
function readJson({ json, layers }: Loaded, file: string): ModelDescription {
  try {
    return readKerasJson(json, file);
  } catch (error) {
    if (!(error instanceof UserError) || !error.location) throw error;
    const names = layersAround(json, error.location);
    const known = layers.findLast(({ path }) => keyOf(names).startsWith(keyOf(path)) && path.length <= names.length);
    const location = known?.source[0] ?? { file, line: 1, column: 1 };
    const { kind, hint } = error;
    throw new UserError(error.message, { kind, location, ...(hint !== undefined && { hint }) });
  }
}

/** Changes every layer, models as layers too; `path` has the names of the models around it and its own. */
function mapLayers(
  model: ModelDescription,
  change: (layer: LayerDescription, path: readonly string[]) => LayerDescription,
  around: readonly string[] = [],
): ModelDescription {
  const layers = model.layers.map((layer) => {
    const path = [...around, layer.name];
    const changed = change(layer, path);
    return layer.model ? { ...changed, model: mapLayers(layer.model, change, path) } : changed;
  });
  return { ...model, layers };
}

/** Layers at the lines that have made them; one that nobody has made, such as the input of a Sequential model, at that of the next one. */
function withSources(model: ModelDescription, loaded: ReadonlyMap<string, LoadedLayer>): ModelDescription {
  const first = [...loaded.values()].find(({ source }) => source.length > 0)?.source ?? [];
  return mapLayers(model, (layer, path) => {
    const source = loaded.get(keyOf(path))?.source ?? [];
    return { ...layer, source: source.length > 0 ? source : first };
  });
}

/** Which of a layer's weights a parameter is: by its name, else the one in its place. */
function weightOf(
  { name }: LayerDescription,
  { shortName, aliases }: LayerParameter,
  place: number,
  weights: readonly LoadedWeight[],
): LoadedWeight | undefined {
  const ends = [shortName, ...aliases].map((short) => `/${name}/${short}`);
  const named = weights.filter((weight) => ends.some((end) => `/${weight.name}`.endsWith(end)));
  return named.length === 1 ? named[0] : weights[place];
}

function withValues(
  layer: LayerDescription,
  parameters: readonly LayerParameter[],
  weights: readonly LoadedWeight[],
): LayerDescription {
  const fail = (problem: string): never => {
    throw new UserError(`The weights of the layer '${layer.name}' (${layer.className}) do not fit it: ${problem}.`, {
      ...(layer.source[0] && { location: layer.source[0] }),
    });
  };
  if (weights.length !== parameters.length) {
    const known = parameters.map(({ shortName }) => shortName).join(', ');
    fail(`Keras has ${weights.length} of them, and ${parameters.length} are known here (${known})`);
  }
  const found = parameters.map((parameter, place) => {
    const { name, shape, data } = weightOf(layer, parameter, place, weights)!;
    if (shape.join() === parameter.shape.join()) return { short: parameter.shortName, name, shape, data };
    return fail(`'${name}' is [${shape.join(', ')}], and ${parameter.shortName} [${parameter.shape.join(', ')}]`);
  });
  if (new Set(found.map(({ name }) => name)).size !== found.length) fail('two of them have one name');
  return {
    ...layer,
    weights: Object.fromEntries(found.map(({ short, shape, data }) => [short, { shape, data }])),
    variables: Object.fromEntries(found.map(({ short, name }) => [short, name])),
  };
}

/** Sizes that the model leaves open, as they were given. @throws UserError (usage) where they were not. */
function withSizes(model: ModelDescription, inputs: readonly ModelInput[]): ModelDescription {
  const given = new Map(
    model.inputs.map(({ layer }, place) => [layer, inputs.find(({ name }) => name === layer) ?? inputs[place]]),
  );
  const close = (layer: LayerDescription): LayerDescription => {
    const { batchInputShape: open } = layer.config;
    if (!given.has(layer.name) || !Array.isArray(open) || !open.slice(1).includes(null)) return layer;
    const shape = given.get(layer.name)?.shape;
    if (shape?.length !== open.length - 1) {
      throw new UserError(
        `The input ${layer.name} leaves sizes open: [${open
          .slice(1)
          .map((size) => size ?? 'any')
          .join(', ')}].`,
        {
          kind: 'usage',
          about: 'inputs',
          hint: 'Give the sizes of one example (--input 28,28,1), or write "inputs" of a model into prunelens.json.',
          ...(layer.source[0] && { location: layer.source[0] }),
        },
      );
    }
    const config: LayerConfig = {
      ...layer.config,
      batchInputShape: [null, ...shape.map((size, i) => open[i + 1] ?? size)],
    };
    return { ...layer, config };
  };
  return { ...model, layers: model.layers.map(close) };
}

/**
 * The description of a loaded model, whose layers have their lines and the values that the code has given them.
 * @param file The model's file (absolute).
 * @param inputs What was said of its inputs.
 * @throws UserError with the line of a layer that cannot be read.
 */
export function describeLoaded(loaded: Loaded, file: string, inputs: readonly ModelInput[] = []): ModelDescription {
  const layers = new Map(loaded.layers.map((layer) => [keyOf(layer.path), layer]));
  const model = withSizes(withSources(readJson(loaded, file), layers), inputs);
  const parameters = layerParameters(model);
  // Another output may need them; here they are not read.
  const filled = mapLayers(model, (layer, path) => {
    const own = parameters.get(layer);
    return own ? withValues(layer, own, layers.get(keyOf(path))?.weights ?? []) : layer;
  });
  return { ...filled, drawn: true };
}
