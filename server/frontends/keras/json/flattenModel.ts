/** A model with models in it as one without: what a Keras file of layers that all its readers understand needs. */
import type { LayerDescription, ModelDescription, TensorReference } from '../description';

/** A layer while its calls are found. */
interface FlatLayer {
  readonly layer: LayerDescription;
  readonly name: string;
  readonly calls: (readonly TensorReference[])[];
}

type Resolve = (reference: TensorReference) => TensorReference;

/**
 * The layers that the outputs of `model` need, each with the calls they need, without models in between. A layer keeps its
 * name where no other has it, else it is named by its path, `block_conv1`.
 */
export function flattenModel(model: ModelDescription): ModelDescription {
  const counts = new Map<string, number>();
  countNames(model, counts);
  const layers = new Map<LayerDescription, FlatLayer>();
  const names = new Set<string>();

  const place = (layer: LayerDescription, path: readonly string[]): FlatLayer => {
    const known = layers.get(layer);
    if (known) return known;
    const isAlone = counts.get(layer.name) === 1;
    let name = isAlone ? layer.name : [...path, layer.name].join('_');
    while (names.has(name)) name += '_';
    names.add(name);
    const placed: FlatLayer = { layer, name, calls: [] };
    layers.set(layer, placed);
    return placed;
  };

  /** Resolves references within a model that is entered with the given tensors. */
  const enter = (inner: ModelDescription, path: readonly string[], inputs: readonly TensorReference[]): Resolve => {
    const byName = new Map(inner.layers.map((layer) => [layer.name, layer]));
    const known = new Map<string, TensorReference>();
    const entered = new Map<string, Resolve>();
    inner.inputs.forEach((reference, i) => {
      known.set(keyOf(reference), inputs[i]);
    });
    const resolve: Resolve = (reference) => {
      const found = known.get(keyOf(reference));
      if (found) return found;
      const layer = byName.get(reference.layer)!;
      const arguments_ = layer.calls[reference.call].map(resolve);
      let value: TensorReference;
      if (layer.model) {
        const call = `${reference.layer} ${reference.call}`;
        const inside = entered.get(call) ?? enter(layer.model, [...path, layer.name], arguments_);
        entered.set(call, inside);
        value = inside(layer.model.outputs[reference.output]);
      } else {
        const placed = place(layer, path);
        placed.calls.push(arguments_);
        value = { layer: placed.name, call: placed.calls.length - 1, output: reference.output };
      }
      known.set(keyOf(reference), value);
      return value;
    };
    return resolve;
  };

  const inputs = model.inputs.map((reference): TensorReference => {
    const placed = place(model.layers.find(({ name }) => name === reference.layer)!, []);
    placed.calls.push([]);
    return { layer: placed.name, call: 0, output: reference.output };
  });
  const outputs = model.outputs.map(enter(model, [], inputs));
  return {
    ...model,
    layers: [...layers.values()].map(({ layer, name, calls }) => ({ ...layer, name, calls })),
    inputs,
    outputs,
  };
}

function keyOf({ layer, call, output }: TensorReference): string {
  return `${layer} ${call} ${output}`;
}

function countNames(model: ModelDescription, counts: Map<string, number>): void {
  for (const layer of model.layers) {
    if (layer.model) countNames(layer.model, counts);
    else counts.set(layer.name, (counts.get(layer.name) ?? 0) + 1);
  }
}
