/** Reads the topology of a `tf.LayersModel`. */
import { type SourceLocation, UserError } from '../../../protocol/errors';
import type { LayerDescription, ModelDescription, TensorReference } from '../description';
import { toLayerConfig } from './jsonConfig';
import type { WeightWatch } from './layerWeights';
import type { CallNode, Layer, LayersModel, SymbolicTensor, Tensorflow } from './tensorflowShapes';

export interface Observations {
  readonly tf: Tensorflow;
  readonly sourceOf: (layer: Layer) => readonly SourceLocation[];
  readonly weights: WeightWatch;
}

type Calls = readonly (readonly TensorReference[])[];

type Topology = Pick<ModelDescription, 'layers' | 'inputs' | 'outputs'>;

/** TensorFlow.js leaves the depth multiplier out of a separable convolution's configuration. */
function completeConfig(layer: Layer): Record<string, unknown> {
  const config = layer.getConfig();
  return layer.getClassName() === 'SeparableConv2D' ? { ...config, depthMultiplier: layer.depthMultiplier } : config;
}

/** Describes `model`, the export `exportName` of `file`, with the models nested in it. */
export function describeModel(
  model: LayersModel,
  file: string,
  exportName: string,
  { tf, sourceOf, weights: watch }: Observations,
): ModelDescription {
  const owners = new Map<Layer, LayersModel>();

  const locationOf = (layer: Layer): { location?: SourceLocation } => {
    const location = sourceOf(layer)[0];
    return location ? { location } : {};
  };

  // A layer can be frozen by itself, by a model that it was part of, or by its weights: the model says what is trained.
  const trained = new Set(model.trainableWeights);
  const isFrozen = ({ weights }: Layer): boolean => weights.length > 0 && !weights.some((one) => trained.has(one));
  const frozenIn = (layer: Layer): string[] =>
    isFrozen(layer)
      ? []
      : watch.trainedOf(layer).flatMap(({ name, variable }) => (trained.has(variable) ? [] : [name]));

  const own = (layer: Layer, owner: LayersModel): void => {
    const other = owners.get(layer);
    if (other) {
      throw new UserError(`The layer "${layer.name}" is part of two models, "${other.name}" and "${owner.name}".`, {
        ...locationOf(layer),
        hint: 'To share weights inside one model, nest one model and call it once for each use.',
      });
    }
    owners.set(layer, owner);
  };

  const describe = (layer: Layer, owner: LayersModel, calls: Calls): LayerDescription => {
    own(layer, owner);
    const { name } = layer;
    const source = sourceOf(layer);
    if (layer instanceof tf.LayersModel) {
      const className = layer instanceof tf.Sequential ? 'Sequential' : 'Functional';
      const config = { name, trainable: layer.trainable };
      return { name, className, config, calls, source, model: read(layer as LayersModel) };
    }
    const weights = watch.valuesOf(layer);
    const config = toLayerConfig({ ...completeConfig(layer), ...(isFrozen(layer) && { trainable: false }) });
    const frozen = frozenIn(layer);
    return {
      name,
      className: layer.getClassName(),
      config,
      calls,
      source,
      ...(weights && { weights }),
      ...(frozen.length > 0 && { frozen }),
    };
  };

  /** A sequential model is a chain, so it is told by the order of its layers; an input layer comes first. */
  const readSequential = (sequential: LayersModel): Topology => {
    const input = sequential.inputs[0].sourceLayer;
    const [first] = sequential.layers;
    // Without an input layer of its own the chain starts where its first layer was made.
    const inputLayer: LayerDescription = {
      name: input.name,
      className: 'InputLayer',
      config: toLayerConfig(input.getConfig()),
      calls: [[]],
      source: sourceOf(first),
    };
    const calls = new Map<Layer, TensorReference[][]>();
    let previous: TensorReference = { layer: input.name, call: 0, output: 0 };
    for (const layer of first === input ? sequential.layers.slice(1) : sequential.layers) {
      const earlier = calls.get(layer) ?? [];
      calls.set(layer, [...earlier, [previous]]);
      previous = { layer: layer.name, call: earlier.length, output: 0 };
    }
    return {
      layers: [inputLayer, ...[...calls].map(([layer, layerCalls]) => describe(layer, sequential, layerCalls))],
      inputs: [{ layer: input.name, call: 0, output: 0 }],
      outputs: [previous],
    };
  };

  const readFunctional = (functional: LayersModel): Topology => {
    const nodes = nodesOf(functional);
    const nodesOfLayer = (layer: Layer): readonly CallNode[] => nodes.get(layer) ?? [];
    const reference = ({ sourceLayer, nodeIndex, tensorIndex }: SymbolicTensor): TensorReference => ({
      layer: sourceLayer.name,
      call: nodesOfLayer(sourceLayer).indexOf(sourceLayer.inboundNodes[nodeIndex]),
      output: tensorIndex,
    });
    const callsOf = (layer: Layer): Calls =>
      nodesOfLayer(layer).map((node) => (node.inboundLayers.length === 0 ? [] : node.inputTensors.map(reference)));
    return {
      layers: functional.layers.map((layer) => describe(layer, functional, callsOf(layer))),
      inputs: functional.inputs.map(reference),
      outputs: functional.outputs.map(reference),
    };
  };

  const read = (current: LayersModel): ModelDescription => {
    if (current.outputs.length === 0) {
      throw new UserError(`The model "${current.name}" is empty: it has no layers.`, {
        ...locationOf(current),
        hint: 'Add layers with model.add(…), the first one with an inputShape.',
      });
    }
    const topology = current instanceof tf.Sequential ? readSequential(current) : readFunctional(current);
    return { name: current.name, file, ...topology };
  };

  return { ...read(model), exportName };
}

/** The calls of each layer that lie between the inputs and outputs of `model`, in the order they were made. */
function nodesOf(model: LayersModel): Map<Layer, CallNode[]> {
  const nodes = new Map<Layer, CallNode[]>();
  const pending: SymbolicTensor[] = [...model.outputs, ...model.inputs];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex];
    const found = nodes.get(layer) ?? [];
    if (found.includes(node)) continue;
    nodes.set(layer, [...found, node]);
    // An input layer's node lists its own tensor as input.
    if (node.inboundLayers.length > 0) pending.push(...node.inputTensors);
  }
  for (const [layer, found] of nodes) {
    nodes.set(
      layer,
      layer.inboundNodes.filter((node) => found.includes(node)),
    );
  }
  return nodes;
}
