/** The wiring of functional Keras models, as Keras 2 and Keras 3 write it. */
import type { Node } from 'jsonc-parser';
import type { TensorReference } from '../description';
import { isAugmenting } from '../layers/augmenting';
import { child, elements, errorAt, type JsonDocument, numberValue, stringValue } from './jsonNodes';

const KERAS_3_TENSOR = '__keras_tensor__';

/** `["name", call, output, …]`, or undefined for anything else. */
function readTriple(node: Node): TensorReference | undefined {
  const [name, call, output] = node.type === 'array' ? elements(node) : [];
  const layer = stringValue(name);
  const callIndex = numberValue(call);
  const outputIndex = numberValue(output);
  if (layer === undefined || callIndex === undefined || outputIndex === undefined) return undefined;
  return { layer, call: callIndex, output: outputIndex };
}

/** All tensors within `node`, in order: Keras 2's triples, Keras 3's tensor objects, and any nesting of them. */
export function readTensors(document: JsonDocument, node: Node): TensorReference[] {
  if (stringValue(child(node, 'class_name')) === KERAS_3_TENSOR) {
    const history = child(child(node, 'config'), 'keras_history');
    const tensor = history && readTriple(history);
    if (!tensor)
      throw errorAt(document, node, 'This tensor has no "keras_history" that says which layer it comes from.');
    return [tensor];
  }
  const tensor = readTriple(node);
  if (tensor) {
    if (tensor.call >= 0) return [tensor];
    throw errorAt(document, node, 'A layer is called with a constant, which PruneLens cannot read.');
  }
  if (node.type !== 'array' && node.type !== 'object') return [];
  return elements(node).flatMap((element) => readTensors(document, element));
}

/** Arguments of calls by which Keras 3 hands on the masks that it has computed itself. */
const MASKS = ['mask', 'query_mask', 'value_mask', 'key_mask'];

/** What a call is given by name: the properties of `kwargs` in Keras 3, those behind its tensors in Keras 2. */
function namedArguments(call: Node): readonly Node[] {
  const objects =
    call.type === 'array'
      ? elements(call).map((tensor) => (tensor.type === 'array' ? elements(tensor)[3] : undefined))
      : [child(call, 'kwargs')];
  return objects.flatMap((object) => (object?.type === 'object' ? (object.children ?? []) : []));
}

const nameOf = (property: Node) => String(property.children![0].value);

/** The tensors that the calls of the layer at `node` are given as masks. */
export function readMasks(document: JsonDocument, node: Node): TensorReference[] {
  const calls = child(node, 'inbound_nodes');
  return (calls ? elements(calls) : []).flatMap((call) =>
    namedArguments(call)
      .filter((property) => MASKS.includes(nameOf(property)))
      .flatMap((property) => readTensors(document, property.children![1])),
  );
}

/** Arguments of attention that are tensors, in the order in which the layer takes them. */
const ATTENDED = ['query', 'value', 'key'];

/** The tensors among a call's named arguments: those of attention in its order, others as they are written. */
function readNamed(document: JsonDocument, call: Node): TensorReference[] {
  const named = namedArguments(call).filter((property) => !MASKS.includes(nameOf(property)));
  const place = (property: Node) => ATTENDED.indexOf(nameOf(property));
  return [...named]
    .sort((a, b) => place(a) - place(b))
    .flatMap((property) => readTensors(document, property.children![1]));
}

/** The inputs of one call: an array of triples in Keras 2, `{args, kwargs}` in Keras 3. */
function readCall(document: JsonDocument, node: Node): TensorReference[] {
  const args = node.type === 'array' ? node : child(node, 'args');
  if (!args) throw errorAt(document, node, 'This call of a layer has no "args".');
  return [...readTensors(document, args), ...readNamed(document, node)];
}

/** Arguments of calls that are no tensors and change what a layer computes; where they are set, all calls have the same. */
const CALL_OPTIONS = ['use_causal_mask'];

/** Whether a layer writes down that it trains by default: those that change images do, and whoever runs the model decides all the same. */
function namesItsMode(node: Node, option: string): boolean {
  return option === 'training' && isAugmenting(String(child(node, 'class_name')?.value));
}

/** The options that the layer at `node` is called with, by name. @throws UserError for one that is not understood. */
export function readCallOptions(document: JsonDocument, node: Node): { [name: string]: true } {
  const nodes = child(node, 'inbound_nodes');
  const calls = nodes ? elements(nodes) : [];
  const found = calls.map((call) => {
    const set = namedArguments(call).filter(
      (property) => property.children?.[1]?.value === true && !namesItsMode(node, nameOf(property)),
    );
    return set.map((property) => {
      const name = nameOf(property);
      if (CALL_OPTIONS.includes(name)) return name;
      throw errorAt(document, property, `A layer is called with ${name}, which PruneLens does not support.`);
    });
  });
  const [first = [], ...others] = found;
  if (others.some((names) => names.join() !== first.join())) {
    throw errorAt(
      document,
      node,
      'The calls of a shared layer have different options, which PruneLens does not support.',
    );
  }
  return Object.fromEntries(first.map((name) => [name, true]));
}

/** The inputs of every call of the layer at `node`; one call without inputs where it lists none (an input layer). */
export function readCalls(document: JsonDocument, node: Node): TensorReference[][] {
  const calls = child(node, 'inbound_nodes');
  if (!calls || elements(calls).length === 0) return [[]];
  return elements(calls).map((call) => readCall(document, call));
}
