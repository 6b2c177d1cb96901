/** What an example of a PyTorch model consists of, as it lies inside: images are channels-last. */
import type { NetworkInput } from '../../../models/types';
import type { ModelInput } from '../../../protocol/modelSetup';
import type { Argument, ExportedInput, ExportedModel } from '../exported';
import { parseOperator } from '../lowering/table';

/** Calls that hand token ids on. */
const KEEPS = new Set([
  'view',
  'reshape',
  'contiguous',
  'clone',
  'alias',
  'to',
  'detach',
  'slice',
  'transpose',
  'clamp',
]);

const isReference = (argument: Argument | undefined): argument is { readonly node: number } =>
  typeof argument === 'object' && argument !== null && 'node' in argument;

/** The rows of the smallest table that the ids of an input are looked up in; undefined where there is none. */
function vocabularyOf({ evaluation: { nodes } }: ExportedModel, input: number): number | undefined {
  const ids = new Set<number>();
  let smallest: number | undefined;
  nodes.forEach((node, place) => {
    if (node.kind === 'input' && node.input === input) ids.add(place);
    if (node.kind !== 'call') return;
    const { name } = parseOperator(node.operator);
    const [first, second] = node.args;
    if (KEEPS.has(name) && isReference(first) && ids.has(first.node)) ids.add(place);
    if (name !== 'embedding' || !isReference(first) || !isReference(second) || !ids.has(second.node)) return;
    const rows = nodes[first.node].shape?.[0];
    if (rows !== undefined) smallest = Math.min(rows, smallest ?? rows);
  });
  return smallest;
}

function describe(
  model: ExportedModel,
  { name, shape, dtype }: ExportedInput,
  index: number,
  below: number | undefined,
): NetworkInput {
  if (/int/.test(dtype)) {
    const limits = [vocabularyOf(model, index), below].filter((limit) => limit !== undefined);
    return { name, shape, dtype: 'int32', vocabulary: limits.length > 0 ? Math.min(...limits) : 2 };
  }
  if (shape.length !== 3) return { name, shape, dtype: 'float32' };
  const [channels, height, width] = shape;
  return { name, shape: [height, width, channels], dtype: 'float32', stored: { shape, order: [2, 0, 1] } };
}

/** @param given What was said of the inputs when the model was loaded: in their order, or by name. */
export function networkInputs(model: ExportedModel, given: readonly ModelInput[] = []): readonly NetworkInput[] {
  return model.inputs.map((input, index) => {
    const said = given.find(({ name }) => name === input.name) ?? given[index];
    return describe(model, input, index, said?.below);
  });
}
