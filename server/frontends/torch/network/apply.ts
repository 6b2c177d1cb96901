/** Adding a network's computation to a graph. */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';
import type { Application, Mode, Noise } from '../../../models/types';
import type { ExportedCall, ExportedModel } from '../exported';
import { channelsLast, inOrder, layOut } from '../lowering/layout';
import { lowerGraph, type Problem } from '../lowering/lower';
import type { Scope, Value } from '../lowering/scope';
import { type Computed, computed, known, type Tensor, toGraph } from '../lowering/tensor';
import type { TorchParameter } from './parameters';

/** What is needed of a network to compute it. */
export interface Assembly {
  readonly model: ExportedModel;
  readonly parameters: ReadonlyMap<number, TorchParameter>;
  /** Calls at the end of the model whose first argument is taken for their result. */
  readonly leftOut: ReadonlySet<ExportedCall>;
}

interface Observers {
  readonly onCall?: (call: ExportedCall, result: Value) => void;
  readonly onProblem?: (problem: Problem) => void;
}

function throwProblem({ call, reason }: Problem): never {
  throw new Error(`${call.operator} of ${call.module}: ${reason ?? 'not supported'}`);
}

/** Drawing noise for one application; names repeat from one application to the next. */
function createNoise(b: Builder, current: () => ExportedCall) {
  const noise: Noise[] = [];
  const counts = new Map<string, number>();
  const draw = (what: string, shape: readonly number[], rest: { rate: number } | { deviation: number }): Tensor => {
    const { module } = current();
    const base = module === '' ? what : `${module}/${what}`;
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const input = count === 0 ? base : `${base}${count}`;
    noise.push({ input, shape, ...rest });
    return computed(b.input(input, shape));
  };
  return {
    noise,
    dropoutMask: (shape: readonly number[], rate: number) => draw('mask', shape, { rate }),
    gaussian: (shape: readonly number[], deviation: number) => draw('noise', shape, { deviation }),
  };
}

/**
 * See `Network.apply`: training and scoring use the graph of training, evaluation and flows the other one. `nodes` has a node for each
 * parameter.
 */
export function applyModel(
  { model, parameters, leftOut }: Assembly,
  b: Builder,
  values: readonly Node[],
  nodes: ReadonlyMap<string, Node>,
  mode: Mode,
  { onCall, onProblem = throwProblem }: Observers = {},
): Application {
  const statistics = new Map<Node, Tensor>();
  const names = new Map<Node, string>();
  let current: ExportedCall | undefined;
  const { noise, dropoutMask, gaussian } = createNoise(b, () => current!);
  const tensors = new Map<number, Tensor>();
  const tensor = (index: number): Tensor => {
    const made = tensors.get(index) ?? makeTensor(index);
    tensors.set(index, made);
    return made;
  };
  const makeTensor = (index: number): Tensor => {
    const parameter = parameters.get(index);
    if (!parameter) return constantOf(model, index);
    const node = nodes.get(parameter.name);
    if (!node) throw new Error(`no node was given for the parameter ${parameter.name}`);
    names.set(node, parameter.name);
    return computed(node, parameter.axes);
  };
  const nodeOf = (given: Tensor) => (given.place === 'computed' ? given.node : undefined);
  const scope: Scope = {
    b,
    isNoisy: mode === 'train',
    isFlow: mode === 'flow',
    movesStatistics: mode === 'train',
    dropoutMask,
    gaussian,
    statistic: (given) => statistics.get(nodeOf(given)!) ?? given,
    moveStatistic: (given, value) => {
      const node = nodeOf(given);
      if (node && names.has(node)) statistics.set(node, value);
    },
  };
  const [output] = lowerGraph({
    scope,
    graph: mode === 'evaluate' || mode === 'flow' ? model.evaluation : model.training,
    inputs: values.map((value) => computed(value, channelsLastAxes(value.shape.length))),
    tensor,
    leftOut,
    beforeCall: (call) => {
      current = call;
    },
    ...(onCall && { onCall }),
    onProblem,
  });
  return {
    logits: outputNode(b, toGraph(b, output)),
    statistics: new Map(
      Array.from(statistics, ([node, value]) => [names.get(node)!, inOrder(b, toGraph(b, value)).node]),
    ),
    noise,
  };
}

/** Images and what lies like them are channels-last inside; anything else is as PyTorch has it. */
export function channelsLastAxes(rank: number): number[] | undefined {
  return rank === 4 ? channelsLast(rank) : undefined;
}

function outputNode(b: Builder, output: Computed): Node {
  const axes = channelsLastAxes(output.shape.length);
  return axes ? layOut(b, output, axes).node : inOrder(b, output).node;
}

/** A tensor with the values that it was exported with. */
function constantOf({ tensors }: ExportedModel, index: number): Tensor {
  const { dtype, shape, values } = tensors[index];
  const kind = dtype === 'bool' ? 'bool' : values instanceof Int32Array ? 'int' : 'float';
  return known(kind, shape, Float64Array.from(values));
}
