/** The layers of a network: modules that own parameters, and those that have no modules inside, in the order of their calls. */
import type { LayerInfo } from '../../../models/types';
import type { SourceLocation } from '../../../protocol/errors';
import { sizeOf } from '../../../protocol/tensor';
import type { ExportedCall, ExportedModel, ExportedModule, Line } from '../exported';
import { isTensor, type Value } from '../lowering/scope';
import { parseOperator } from '../lowering/table';
import { ownerOf, type TorchParameter } from './parameters';
import type { Read } from './readings';

const places = (lines: readonly Line[]): SourceLocation[] => lines.map(({ file, line }) => ({ file, line, column: 1 }));

/** Names of the layers by the paths of their modules; that of the model itself is named as its class. */
export function layerNames(model: ExportedModel): (path: string) => string {
  return (path) => (path === '' ? model.name : path);
}

/** Pairs of multiplications and additions of one example. */
function macsOf(call: ExportedCall, model: ExportedModel['evaluation'], batch: number): number {
  const { name } = parseOperator(call.operator);
  const shapeAt = (position: number): readonly number[] => {
    const argument = call.args[position];
    return typeof argument === 'object' && argument !== null && 'node' in argument
      ? (model.nodes[argument.node].shape ?? [])
      : [];
  };
  const perOutput = (count: number) => (sizeOf(call.shape ?? [0]) / batch) * count;
  switch (name) {
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
      return perOutput(sizeOf(shapeAt(1).slice(1)));
    case 'conv_transpose1d':
    case 'conv_transpose2d':
      return (sizeOf(shapeAt(0)) / batch) * sizeOf(shapeAt(1).slice(1));
    case 'linear':
      return perOutput(shapeAt(1)[1] ?? 0);
    case 'addmm':
    case 'baddbmm':
      return perOutput(shapeAt(1).at(-1) ?? 0);
    case 'mm':
    case 'bmm':
    case 'matmul':
      return perOutput(shapeAt(0).at(-1) ?? 0);
    case 'scaled_dot_product_attention': {
      const [query, key] = [shapeAt(0), shapeAt(1)];
      return (2 * sizeOf(query) * (key.at(-2) ?? 0)) / batch;
    }
    default:
      return 0;
  }
}

interface Called {
  readonly call: ExportedCall;
  readonly shape: readonly number[];
}

/** Shape of one example of a result, as it lies inside. */
function insideShape(shape: readonly number[]): readonly number[] {
  const [, ...example] = shape;
  return example.length === 3 ? [example[1], example[2], example[0]] : example;
}

export interface LayerFacts {
  readonly reads: readonly Read[];
  readonly parameters: ReadonlyMap<number, TorchParameter>;
}

/** Path of the layer that each call belongs to: of the module whose parameter it reads, else of that which makes it. */
export function layerPaths(
  model: ExportedModel,
  { reads, parameters }: LayerFacts,
): (call: ExportedCall) => string | undefined {
  const owners = new Map<ExportedCall, string>();
  for (const { call, tensor, reading } of reads) {
    const isMain = reading !== 'added' && reading !== 'multiplied' && reading !== 'bias';
    if (parameters.has(tensor) && isMain && !owners.has(call)) owners.set(call, ownerOf(model.tensors[tensor].name));
  }
  const parents = new Set(model.modules.map(({ path }) => path.slice(0, Math.max(path.lastIndexOf('.'), 0))));
  const leaves = new Set(model.modules.map(({ path }) => path).filter((path) => path !== '' && !parents.has(path)));
  return (call) => owners.get(call) ?? (leaves.has(call.module) ? call.module : undefined);
}

/** What is known of each layer. `results` are the calls of the graph of evaluation, in their order, with what they give. */
export function describeLayers(
  model: ExportedModel,
  facts: LayerFacts,
  results: readonly (readonly [ExportedCall, Value])[],
): readonly LayerInfo[] {
  const pathOf = layerPaths(model, facts);
  const nameOf = layerNames(model);
  const calls = new Map<string, Called[]>();
  for (const [call, value] of results) {
    const path = pathOf(call);
    if (path === undefined) continue;
    const shape = isTensor(value) ? value.shape : [];
    const known = calls.get(path) ?? [];
    known.push({ call, shape });
    calls.set(path, known);
  }
  for (const { layer } of facts.parameters.values()) {
    const path = layer === model.name && !model.modules.some((one) => one.path === layer) ? '' : layer;
    if (!calls.has(path)) calls.set(path, []);
  }
  const modules = new Map(model.modules.map((module) => [module.path, module]));
  return Array.from(calls, ([path, called]) => {
    const module = modules.get(path);
    const name = nameOf(path);
    const own = [...facts.parameters.values()].filter(({ layer }) => layer === name);
    const last = called.at(-1);
    return {
      name,
      // Without the module of Python that has it.
      className: module?.className.split('.').at(-1) ?? model.name,
      source: sourceOf(model, module, own, last?.call),
      outputShape: insideShape(last?.shape ?? []),
      parameters: own.map((parameter) => parameter.name),
      macs: called.reduce((total, { call }) => total + macsOf(call, model.evaluation, model.batch.size), 0),
    };
  });
}

/**
 * Where a layer was made. A weight that the user's own class applies with a function is a layer at the line of its Parameter; so is
 * one without a line of its own, else it is at its call.
 */
function sourceOf(
  model: ExportedModel,
  module: ExportedModule | undefined,
  own: readonly TorchParameter[],
  call: ExportedCall | undefined,
): readonly SourceLocation[] {
  const made = module?.source ?? [];
  const kernel = own.find(({ role }) => role === 'kernel') ?? own[0];
  const parameter = model.tensors.find(({ name }) => name === kernel?.name)?.source ?? [];
  const isUsers = module?.className.includes('.') ?? false;
  if (parameter.length > 0 && (made.length === 0 || (isUsers && kernel.role === 'kernel'))) return places(parameter);
  if (made.length > 0) return places(made);
  return call?.line ? places([call.line]) : [];
}
