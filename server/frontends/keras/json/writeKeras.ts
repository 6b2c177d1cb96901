/** Model descriptions as tfjs layers models: a `model.json` in Keras's form, and its weights as binary data. */
import type { Shape } from '../../../protocol/tensor';
import type { ConfigValue, LayerConfig, LayerDescription, ModelDescription, TensorReference } from '../description';
import { flattenModel } from './flattenModel';
import { IDENTIFIER_SETTINGS } from './kerasConfig';

/** What `tf.loadLayersModel` and the reader of this product load. */
export interface KerasFiles {
  /** Contents of `model.json`. */
  readonly model: { readonly [key: string]: unknown };
  /** Contents of the weights file that the model names. */
  readonly weights: Uint8Array;
}

function toSnakeCase(text: string): string {
  return text.replace(/(?<=[a-z0-9])([A-Z])/g, (letter) => `_${letter.toLowerCase()}`);
}

function convertValue(value: ConfigValue, key: string): unknown {
  if (typeof value === 'string') return IDENTIFIER_SETTINGS.has(key) ? toSnakeCase(value) : value;
  if (Array.isArray(value)) return value.map((item) => convertValue(item, ''));
  return typeof value === 'object' && value !== null ? convertConfig(value) : value;
}

function convertConfig(config: LayerConfig): { [key: string]: unknown } {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      const name = toSnakeCase(key);
      return [name, convertValue(value, name)];
    }),
  );
}

/** Settings that only some writers know and no reader needs, or that tfjs refuses. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'inputDType',
  'dtypePolicy',
  'autocast',
  'synchronized',
  'batchShape',
  'quantizationConfig',
  // Of initializers in Keras 3.
  'inputAxes',
  'outputAxes',
]);

/** A setting and what is in it, without what readers refuse. */
function withoutExtras(value: ConfigValue): ConfigValue {
  if (Array.isArray(value)) return value.map(withoutExtras);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (LEFT_OUT.has(key) ? [] : [[key, withoutExtras(inner)]])),
  );
}

function layerConfig({ name, className, config }: LayerDescription): { [key: string]: unknown } {
  // Where the axes that are pooled are to be kept, a Reshape behind the layer does it.
  const { keepdims: _keepdims, keepDims: _keepDims, ...kept } = withoutExtras(config) as LayerConfig;
  if (className === 'InputLayer') return { ...convertConfig(kept), name, dtype: 'float32', sparse: false };
  const { batchInputShape: _batch, inputShape: _input, ...settings } = kept;
  if (className !== 'BatchNormalization' || !Array.isArray(settings.axis)) return { ...convertConfig(settings), name };
  // Keras writes the only axis of a batch normalization as a number or as a list of one; tfjs reads the number.
  return { ...convertConfig({ ...settings, axis: settings.axis[0] }), name };
}

const triple = ({ layer, call, output }: TensorReference): unknown[] => [layer, call, output];

function layerJson(layer: LayerDescription): unknown {
  return {
    class_name: layer.className,
    name: layer.name,
    config: layerConfig(layer),
    inbound_nodes: layer.calls.filter((call) => call.length > 0).map((call) => call.map((one) => [...triple(one), {}])),
  };
}

/** The shape of what a layer gives, without the batch, by the layer's name in the file. */
export type ShapeOf = (layer: string) => Shape | undefined;

/** Pooling over all of an image that keeps its axes, which tfjs does not heed, as pooling and a Reshape behind it. */
function withReshapedPooling(model: ModelDescription, shapeOf: ShapeOf): ModelDescription {
  const isKept = ({ className, config }: LayerDescription) =>
    className.startsWith('Global') && (config.keepdims === true || config.keepDims === true);
  const pooling = model.layers.filter(isKept);
  if (pooling.length === 0) return model;
  const names = new Set(model.layers.map(({ name }) => name));
  const reshapes = new Map(
    pooling.map((layer) => {
      let name = `${layer.name}_axes`;
      while (names.has(name)) name += '_';
      return [layer.name, name];
    }),
  );
  const behind = (reference: TensorReference): TensorReference => {
    const layer = reshapes.get(reference.layer);
    return layer === undefined ? reference : { ...reference, layer };
  };
  const layers = model.layers.flatMap((layer): LayerDescription[] => {
    const moved = { ...layer, calls: layer.calls.map((call) => call.map(behind)) };
    const name = reshapes.get(layer.name);
    if (name === undefined) return [moved];
    const targetShape = [...(shapeOf(layer.name) ?? [])];
    const calls = layer.calls.map((_, call) => [{ layer: layer.name, call, output: 0 }]);
    return [moved, { name, className: 'Reshape', config: { name, targetShape }, calls, source: layer.source }];
  });
  return { ...model, layers, outputs: model.outputs.map(behind) };
}

/**
 * The files of `model`, whose weights are those its layers carry; models in it are written as their layers. `weightsFile` is
 * the name under which the weights will lie beside `model.json`; `shapeOf` tells what a layer gives.
 */
export function writeKeras(model: ModelDescription, weightsFile: string, shapeOf: ShapeOf): KerasFiles {
  const flat = withReshapedPooling(flattenModel(model), shapeOf);
  const values = flat.layers.flatMap(({ name, weights }) =>
    Object.entries(weights ?? {}).map(([short, value]) => ({ name: `${name}/${short}`, ...value })),
  );
  const bytes = Buffer.concat(values.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  const manifest = values.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  return {
    model: {
      format: 'layers-model',
      generatedBy: 'PruneLens',
      convertedBy: null,
      modelTopology: {
        class_name: 'Functional',
        // What Keras 3 finds the class by; Keras 2 and tfjs pass over it.
        module: 'keras.src.models.functional',
        registered_name: 'Functional',
        config: {
          name: flat.name,
          layers: flat.layers.map(layerJson),
          input_layers: flat.inputs.map(triple),
          output_layers: flat.outputs.map(triple),
        },
        keras_version: '2.15.0',
        backend: 'tensorflow',
      },
      weightsManifest: [{ paths: [weightsFile], weights: manifest }],
    },
    weights: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
}
