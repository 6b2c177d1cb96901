/** Keras and tfjs topologies (`model.to_json()`, `model.json`) as model descriptions. Nothing is run. */
import type { Node } from 'jsonc-parser';
import { UserError } from '../../../protocol/errors';
import type { LayerConfig, LayerDescription, ModelDescription, TensorReference } from '../description';
import { readCallOptions, readCalls, readMasks, readTensors } from './inboundNodes';
import { child, elements, errorAt, type JsonDocument, parseJson, plainValue, stringValue } from './jsonNodes';
import { refuseKeras3HardSigmoid } from './keras3';
import { convertConfig } from './kerasConfig';
import { isOperation, MASK_OPERATIONS, readOperation } from './operations';

const FUNCTIONAL_CLASSES = ['Functional', 'Model'];
const MODEL_CLASSES = ['Sequential', ...FUNCTIONAL_CLASSES];

type Topology = Pick<ModelDescription, 'layers' | 'inputs' | 'outputs'>;

/** The node `{class_name, config}` of the outermost model, inside the wrappers that tfjs and HDF5 files add. */
export function findModelNode(root: Node): Node | undefined {
  const inner = child(root, 'modelTopology') ?? root;
  const model = child(inner, 'model_config') ?? inner;
  return MODEL_CLASSES.includes(stringValue(child(model, 'class_name')) ?? '') ? model : undefined;
}

/** What every layer and model has in common. */
function readHead(document: JsonDocument, node: Node) {
  const className = stringValue(child(node, 'class_name'));
  const config = child(node, 'config');
  if (className === undefined || !config) {
    throw errorAt(document, node, 'A layer needs a "class_name" and a "config".');
  }
  const name = stringValue(child(config, 'name')) ?? stringValue(child(node, 'name'));
  // The class name is what a reader looks for; the brace before it is often on a line of its own.
  const source = [document.locate(child(node, 'class_name')!.parent!.offset)];
  return { className: FUNCTIONAL_CLASSES.includes(className) ? 'Functional' : className, config, name, source };
}

/** The name that TensorFlow.js and Keras give to a layer without one: its class and a number. */
function defaultName(className: string, place: number): string {
  const words = className.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase();
  return `${words}_${place + 1}`;
}

/** @param place Among the layers of its model. */
function readLayer(
  document: JsonDocument,
  node: Node,
  calls: LayerDescription['calls'],
  place: number,
): LayerDescription {
  const { className, config, source, ...head } = readHead(document, node);
  const name = head.name ?? defaultName(className, place);
  if (isOperation(node)) return { ...readOperation(document, node, className, name), name, calls, source };
  if (className === 'Functional' || className === 'Sequential') {
    const trainable = child(config, 'trainable')?.value !== false;
    return { name, className, config: { name, trainable }, calls, source, model: readModel(document, node) };
  }
  if (config.type !== 'object') throw errorAt(document, config, `The "config" of the layer "${name}" is no object.`);
  const options = readCallOptions(document, node);
  const converted = convertConfig({ ...(plainValue(config) as Record<string, unknown>), ...options });
  const centers: LayerConfig =
    className === 'UpSampling2D' && !isFromTensorFlowJs(document) ? { halfPixelCenters: true } : {};
  return { name, className, config: { ...converted, ...centers }, calls, source };
}

/** Whether TensorFlow.js wrote the file, which up-samples images in its own way: Keras interpolates at pixel centers. */
function isFromTensorFlowJs({ root }: JsonDocument): boolean {
  const version = child(root, 'keras_version') ?? child(child(root, 'modelTopology'), 'keras_version');
  return stringValue(version)?.startsWith('tfjs-layers') ?? false;
}

function layerNodes(document: JsonDocument, model: Node, config: Node): Node[] {
  const list = config.type === 'array' ? config : child(config, 'layers');
  if (list?.type !== 'array') throw errorAt(document, model, 'The model has no list of "layers".');
  const nodes = elements(list);
  if (nodes.length === 0) throw errorAt(document, list, 'The model is empty: it has no layers.');
  return nodes;
}

/** The input shape of a sequential model that does not start with an input layer. */
function sequentialInputShape(document: JsonDocument, model: Node, config: Node, first: Node): LayerConfig[string] {
  const firstConfig = child(first, 'config');
  const shape =
    child(firstConfig, 'batch_input_shape') ??
    child(firstConfig, 'batch_shape') ??
    child(config, 'build_input_shape') ??
    child(child(model, 'build_config'), 'input_shape');
  if (shape?.type !== 'array') {
    throw errorAt(
      document,
      first,
      'The sequential model was saved before its input shape was known.',
      'Give its first layer an input shape, or call model.build(…), before writing the file.',
    );
  }
  return plainValue(shape) as LayerConfig[string];
}

/** The shape of the first input of a model that has been read. */
function modelInputShape({ layers, inputs }: ModelDescription): LayerConfig[string] {
  return layers.find(({ name }) => name === inputs[0].layer)!.config.batchInputShape ?? null;
}

function readSequential(document: JsonDocument, model: Node, config: Node): Topology {
  const nodes = layerNodes(document, model, config);
  const [first] = nodes;
  const firstLayer = readLayer(document, first, [[]], 0);
  const hasInput = firstLayer.className === 'InputLayer';
  const input: LayerDescription = hasInput
    ? firstLayer
    : {
        name: `${firstLayer.name}_input`,
        className: 'InputLayer',
        config: {
          name: `${firstLayer.name}_input`,
          batchInputShape: firstLayer.model
            ? modelInputShape(firstLayer.model)
            : sequentialInputShape(document, model, config, first),
        },
        calls: [[]],
        source: firstLayer.source,
      };
  const layers = [input];
  let previous: TensorReference = { layer: input.name, call: 0, output: 0 };
  const inputReference = previous;
  for (const [place, node] of nodes.entries()) {
    if (hasInput && place === 0) continue;
    const layer = readLayer(document, node, [[previous]], place);
    layers.push(layer);
    previous = { layer: layer.name, call: 0, output: 0 };
  }
  return { layers, inputs: [inputReference], outputs: [previous] };
}

/**
 * How far references to nested models are ahead: Keras counts the model's own definition as call 0, except in Keras
 * 3's sequential models.
 */
function callOffsets(layers: readonly LayerDescription[], references: readonly TensorReference[]): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const { name, model, calls } of layers) {
    const highest = Math.max(...references.filter(({ layer }) => layer === name).map(({ call }) => call), 0);
    if (model && highest >= calls.length) offsets.set(name, 1);
  }
  return offsets;
}

const MASK_HINT = 'Masks of Masking layers and of embeddings with mask_zero are read.';

function readFunctional(document: JsonDocument, model: Node, config: Node): Topology {
  const nodes = layerNodes(document, model, config);
  const all = nodes.map((node, place) => readLayer(document, node, readCalls(document, node), place));
  const masks = nodes.flatMap((node) => readMasks(document, node).map((mask) => ({ node, mask })));
  const isMaskOperation = (name: string) =>
    MASK_OPERATIONS.includes(all.find((one) => one.name === name)?.className ?? '');
  const foreign = masks.find(({ mask }) => !isMaskOperation(mask.layer));
  if (foreign) {
    throw errorAt(
      document,
      foreign.node,
      `This layer is given "${foreign.mask.layer}" as its mask, which PruneLens cannot read.`,
      MASK_HINT,
    );
  }
  const layers = masks.length === 0 ? all : all.filter(({ className }) => !MASK_OPERATIONS.includes(className));
  const ends = ['input_layers', 'output_layers'].map((key) => {
    const list = child(config, key);
    const tensors = list ? readTensors(document, list) : [];
    if (tensors.length === 0) throw errorAt(document, list ?? model, `The model has no "${key}".`);
    return tensors;
  });
  const offsets = callOffsets(layers, [...layers.flatMap(({ calls }) => calls.flat()), ...ends.flat()]);
  const adjust = (tensor: TensorReference): TensorReference => ({
    ...tensor,
    call: tensor.call - (offsets.get(tensor.layer) ?? 0),
  });
  const [inputs, outputs] = ends.map((tensors) => tensors.map(adjust));
  const wired = layers.map((layer) => ({ ...layer, calls: layer.calls.map((call) => call.map(adjust)) }));
  return { layers: wired, inputs, outputs };
}

/** Names must be unique, and every reference must lead to a call that exists. */
function checkWiring({ layers, inputs, outputs }: Topology, document: JsonDocument, model: Node): void {
  const byName = new Map<string, LayerDescription>();
  for (const layer of layers) {
    if (byName.has(layer.name)) {
      throw new UserError(`Two layers are named "${layer.name}".`, { location: layer.source[0] });
    }
    byName.set(layer.name, layer);
  }
  const isKnown = ({ layer, call }: TensorReference): boolean => byName.get(layer)?.calls[call] !== undefined;
  for (const layer of layers) {
    const unknown = layer.calls.flat().find((tensor) => !isKnown(tensor));
    if (unknown) {
      const message = `The layer "${layer.name}" takes call ${unknown.call} of "${unknown.layer}", which does not exist.`;
      throw new UserError(message, { location: layer.source[0] });
    }
  }
  const unknown = [...inputs, ...outputs].find((tensor) => !isKnown(tensor));
  if (unknown) {
    throw errorAt(document, model, `The model's inputs or outputs name "${unknown.layer}", which does not exist.`);
  }
}

function readModel(document: JsonDocument, model: Node): ModelDescription {
  const { className, config, name } = readHead(document, model);
  const topology =
    className === 'Sequential' ? readSequential(document, model, config) : readFunctional(document, model, config);
  checkWiring(topology, document, model);
  const isFrozen = child(config, 'trainable')?.value === false;
  return {
    name: name ?? className.toLowerCase(),
    file: document.file,
    ...(isFrozen && { trainable: false }),
    ...topology,
  };
}

/** The error for a file that is something else than a model of layers. */
function otherFile({ locate, root }: JsonDocument, message: string, hint: string): UserError {
  return new UserError(message, { kind: 'usage', location: locate(root.offset), hint });
}

/**
 * Reads a Keras 2 or 3 topology, or the topology in a tfjs `model.json`. Sources are the lines of the layers' class names.
 *
 * @param file Where the text is from, for locations.
 * @throws UserError with the line, for malformed JSON and for anything that is no such topology.
 */
export function readKerasJson(text: string, file: string): ModelDescription {
  const document = parseJson(text, file);
  if (stringValue(child(document.root, 'format')) === 'graph-model') {
    throw otherFile(
      document,
      'This is a TensorFlow.js graph model, which has operations instead of layers.',
      'Convert the Keras model with --output_format tfjs_layers_model.',
    );
  }
  const model = findModelNode(document.root);
  if (!model) {
    throw otherFile(
      document,
      'This JSON file is no Keras model: it has no Sequential or Functional "class_name".',
      'Write one with model.to_json() in Keras or model.save() in TensorFlow.js.',
    );
  }
  refuseKeras3HardSigmoid(document, model);
  return readModel(document, model);
}
