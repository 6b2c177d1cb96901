/** Model descriptions as tfjs layers models: a `model.json` in Keras's form, and its weights as binary data. */
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
const LEFT_OUT: ReadonlySet<string> = new Set(['inputDType', 'dtypePolicy', 'autocast', 'synchronized', 'batchShape']);

function layerConfig({ name, className, config }: LayerDescription): { [key: string]: unknown } {
  const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !LEFT_OUT.has(key)));
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

/**
 * The files of `model`, whose weights are those its layers carry; models in it are written as their layers. `weightsFile` is
 * the name under which the weights will lie beside `model.json`.
 */
export function writeKeras(model: ModelDescription, weightsFile: string): KerasFiles {
  const flat = flattenModel(model);
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
