/** Following a model's connections from its outputs to its inputs, through the models in it. */
import type { Node } from '../../../graph/types';
import { formatExtents } from '../../../models/failure';
import type { TensorReference } from '../description';
import { findDefinition } from '../layers';
import { declaredShape } from './inputShape';
import { findLayer, type LayerInstance, type ModelInstance } from './instances';

/** Applies one layer. `isLast`: its result is, up to reshaping, the model's output. */
export type ApplyLayer = (layer: LayerInstance, inputs: readonly Node[], isLast: boolean) => Node;

/** Told of each input layer's value and of each layer call's result, in the order they are computed. */
export type Observe = (layer: LayerInstance, value: Node) => void;

/** Gives the value of one tensor of a model. Values are computed once, and only where they are needed. */
type Values = (reference: TensorReference, isLast: boolean) => Node;

/** The outputs of a model for the given inputs, the only one of them being the last result of all. */
export function evaluateModel(
  model: ModelInstance,
  inputs: readonly Node[],
  apply: ApplyLayer,
  observe?: Observe,
): Node {
  return createValues(model, inputs, apply, observe)(model.description.outputs[0], true);
}

function createValues(
  model: ModelInstance,
  inputs: readonly Node[],
  apply: ApplyLayer,
  observe: Observe | undefined,
): Values {
  const results = new Map<string, Node | 'pending'>();
  const nested = new Map<string, Values>();
  const { description } = model;
  description.inputs.forEach((reference, i) => {
    checkInput(model, reference, inputs[i]);
    const layer = model.layers.get(reference.layer);
    if (layer) observe?.(layer, inputs[i]);
    results.set(keyOf(reference), inputs[i]);
  });

  function compute(reference: TensorReference, isLast: boolean): Node {
    const layer = findLayer(model, reference.layer);
    const connections = layer.description.calls[reference.call];
    if (!connections) return layer.fail(`it is used as call ${reference.call}, which it does not have.`);
    if (connections.length === 0) return layer.fail('it is an input, but not one of the inputs of its model.');

    if (layer.model) {
      const call = `${reference.layer} ${reference.call}`;
      const values = nested.get(call) ?? enter(layer, layer.model, connections);
      nested.set(call, values);
      const output = layer.model.description.outputs[reference.output];
      return output ? values(output, isLast) : layer.fail(`it has no output ${reference.output}.`);
    }
    if (reference.output !== 0) return layer.fail(`it has one output, but output ${reference.output} is used.`);
    const definition = findDefinition(layer.description.className);
    const passesOn = isLast && definition?.keepsValues?.(layer.description) === true;
    const value = apply(
      layer,
      connections.map((connection) => lookUp(connection, passesOn)),
      isLast,
    );
    observe?.(layer, value);
    return value;
  }

  function enter(layer: LayerInstance, inner: ModelInstance, connections: readonly TensorReference[]): Values {
    const expected = inner.description.inputs.length;
    if (connections.length !== expected) {
      layer.fail(`it is a model with ${expected} inputs, but is called with ${connections.length}.`);
    }
    return createValues(
      inner,
      connections.map((connection) => lookUp(connection, false)),
      apply,
      observe,
    );
  }

  function lookUp(reference: TensorReference, isLast: boolean): Node {
    const key = keyOf(reference);
    const known = results.get(key);
    if (known === 'pending') return findLayer(model, reference.layer).fail('its input depends on its own output.');
    if (known) return known;
    results.set(key, 'pending');
    const value = compute(reference, isLast);
    results.set(key, value);
    return value;
  }

  return lookUp;
}

function keyOf({ layer, call, output }: TensorReference): string {
  return `${layer} ${call} ${output}`;
}

/** A model used as a layer must get what its input layer declares. */
function checkInput(model: ModelInstance, reference: TensorReference, input: Node): void {
  const layer = model.layers.get(reference.layer);
  const declared = layer && declaredShape(layer.description.config);
  if (!declared) return;
  const shape = input.shape.slice(1);
  const fits =
    declared.length === shape.length && declared.every((extent, i) => extent === null || extent === shape[i]);
  if (!fits) layer.fail(`it declares the shape ${formatExtents(declared)}, but gets ${formatExtents(shape)}.`);
}
