/** Goes through an exported graph and lowers each call. */
import type { Builder } from '../../../graph/builder';
import { ShapeError } from '../../../graph/shapes';
import type { Argument, ExportedCall, ExportedGraph, ExportedNode } from '../exported';
import { type Cell, cellOf, itemOf, read, write } from './cells';
import { createCall, isTensor, type Scope, Unsupported, type Value } from './scope';
import { findOperator, parseOperator } from './table';
import { computed, type Tensor } from './tensor';

/** A call that cannot be lowered. */
export interface Problem {
  readonly call: ExportedCall;
  /** A clause: `its input has 5 dimensions`; absent where the operator itself is not known. */
  readonly reason?: string;
}

export interface Lowering {
  readonly scope: Scope;
  readonly graph: ExportedGraph;
  /** Tensors of the inputs and of what the model holds. */
  readonly inputs: readonly Tensor[];
  tensor(index: number): Tensor;
  /** Calls whose first argument is taken for their result. */
  readonly leftOut: ReadonlySet<ExportedCall>;
  /** Is told of each call before it is lowered. */
  readonly beforeCall?: (call: ExportedCall) => void;
  /** Is told of each call's result. */
  readonly onCall?: (call: ExportedCall, result: Value) => void;
  /**
   * Is told of what cannot be lowered and the first output depends on, or is a write; the result is taken to be any tensor of the
   * shape that it should have.
   */
  readonly onProblem: (problem: Problem) => void;
}

/** What may be done with numbers drawn evenly, whose only use is to be compared. */
const COMPARES = new Set(['add', 'floor', 'lt', 'gt', 'le', 'ge', 'to', 'clone', 'detach', 'alias']);

/** The outputs of a graph, that which counts first. */
export function lowerGraph(lowering: Lowering): readonly Tensor[] {
  const { graph, scope, inputs, tensor } = lowering;
  const cells: Cell[] = [];
  const causes: Causes = new Map();
  for (const node of graph.nodes) {
    if (node.kind === 'input') cells.push({ value: inputs[node.input], version: 0 });
    else if (node.kind === 'tensor') cells.push({ value: tensor(node.tensor), version: 0 });
    else cells.push(lowerCall(lowering, cells, node, causes));
  }
  const outputs = graph.outputs.map(({ node }) => {
    const value = read(cells[node]);
    return isTensor(value) ? value : standIn(scope.b, graph.nodes[node], node);
  });
  for (const problem of problemsOf(graph, causes)) lowering.onProblem(problem);
  return outputs;
}

/** For each node that comes from problems, these. */
type Causes = Map<number, readonly Problem[]>;

/** The problems that some nodes come from. */
function causesOf(causes: Causes, nodes: readonly number[]): readonly Problem[] {
  return [...new Set(nodes.flatMap((node) => causes.get(node) ?? []))];
}

/** The problems that an output comes from, and those of writes, whose results others may read under another name. */
function problemsOf({ nodes, outputs }: ExportedGraph, causes: Causes): readonly Problem[] {
  const isWrite = (index: number): boolean => {
    const node = nodes[index];
    return node.kind === 'call' && parseOperator(node.operator).isInPlace;
  };
  return causesOf(causes, [outputs[0].node, ...[...causes.keys()].filter(isWrite)]);
}

/** A tensor in the place of one that could not be lowered. */
function standIn(b: Builder, { shape = [] }: ExportedNode, index: number): Tensor {
  return computed(b.input(`missing ${index}`, shape));
}

function lowerCall(lowering: Lowering, cells: readonly Cell[], call: ExportedCall, causes: Causes): Cell {
  const { scope, onCall, beforeCall } = lowering;
  beforeCall?.(call);
  const inherited = causes.size === 0 ? [] : causesOf(causes, nodesOf([call.args, Object.values(call.kwargs)]));
  if (inherited.length > 0) causes.set(cells.length, inherited);
  try {
    const cell = attempt(lowering, cells, call);
    onCall?.(call, read(cell));
    return cell;
  } catch (error) {
    if (!(error instanceof Unsupported || error instanceof ShapeError)) throw error;
    if (!(error instanceof Poisoned)) {
      causes.set(cells.length, [...inherited, { call, ...(error.message && { reason: error.message }) }]);
    }
    return { value: call.shape ? standIn(scope.b, call, cells.length) : POISON, version: 0 };
  }
}

/** In the place of a result whose shape is not known. */
const POISON: Value = { dtype: 'missing' };

/** An argument is the result of a call that could not be lowered, of which it was told already. */
class Poisoned extends Unsupported {}

function attempt({ graph, scope, leftOut }: Lowering, cells: readonly Cell[], call: ExportedCall): Cell {
  const parsed = parseOperator(call.operator);
  const operator = findOperator(parsed);
  if (!operator) throw new Unsupported('');
  const { name, overload, isInPlace } = parsed;
  const cellAt = (position: number): Cell | undefined => {
    const argument = call.args[position];
    return isReference(argument) ? cells[argument.node] : undefined;
  };
  const resolve = (argument: Argument): Value => {
    if (Array.isArray(argument)) return argument.map(resolve);
    if (isReference(argument)) return checked(read(cells[argument.node]), name);
    return argument as Value;
  };
  if (leftOut.has(call)) return cellAt(0)!;
  const list = name === 'getitem' ? cellAt(0) : undefined;
  if (list && Array.isArray(read(list)) && typeof call.args[1] === 'number') return itemOf(list, call.args[1]);
  const given = () =>
    createCall({
      name,
      overload,
      args: call.args.map(resolve),
      kwargs: Object.fromEntries(Object.entries(call.kwargs).map(([key, one]) => [key, resolve(one)])),
      exportedShape: (position) => {
        const argument = call.args[position];
        return isReference(argument) ? graph.nodes[argument.node].shape : undefined;
      },
    });
  const take = () => operator(scope, given());
  const value = take();
  const target = cellAt(0);
  if (!isInPlace) return cellOf(scope.b, value, name, given(), target, take);
  if (!target || !isTensor(value)) throw new Unsupported('it writes to what is no tensor');
  write(scope.b, target, value);
  return target;
}

/** Places of the nodes that arguments name. */
function nodesOf(argument: Argument): readonly number[] {
  if (Array.isArray(argument)) return argument.flatMap(nodesOf);
  return isReference(argument) ? [argument.node] : [];
}

function isReference(argument: Argument | undefined): argument is { readonly node: number } {
  return typeof argument === 'object' && argument !== null && 'node' in argument;
}

function checked(value: Value, name: string): Value {
  if (value === POISON) throw new Poisoned('');
  const isUniform = isTensor(value) && value.place === 'computed' && value.uniform !== undefined;
  const arePlaces = isTensor(value) && value.place === 'computed' && value.maxima !== undefined;
  if (arePlaces && name !== 'max_unpool2d') throw new Unsupported('it computes with the places of maxima');
  if (isUniform && !COMPARES.has(name)) throw new Unsupported('it computes with numbers that are drawn evenly');
  return value;
}
