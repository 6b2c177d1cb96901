/**
 * Which kept weights lie on a path from input to output. The network is rewritten as a program over signals 0 and 1:
 * a value is 1 where something of the input can arrive, found by running every linear operation on signals and masks
 * and cutting the result to 0 and 1; the vjp rules of the same operations carry "reaches the output" backwards.
 * A weight counts when its mask is 1, its input is reached, and its output reaches the logits.
 */
import type { Executor } from '../executors/types';
import { type Builder, createBuilder } from '../graph/builder';
import { createProgram, reachable } from '../graph/program';
import type { Node, OpName, Program } from '../graph/types';
import { vjpRules } from '../graph/vjp';
import { declareInputs, declareParameters } from '../models/parameters';
import type { Network } from '../models/types';
import { floatTensor } from '../protocol/tensor';
import { countKept } from './selection';
import { disposeAll, readAll, runWith } from './tensors';
import type { Masks } from './types';

/** Operations whose result's signal is the operation itself on signals: linear ones and changes of shape. */
const followed: ReadonlySet<OpName> = new Set([
  'matmul',
  'conv2d',
  'conv2dInputGradient',
  'averagePool',
  'averagePoolGradient',
  'reduceSum',
  'reshape',
  'transpose',
  'broadcast',
  'slice',
  'pad',
  'concat',
]);

/** A step of the translated network: the operation before its result is cut to 0 and 1, and the signal after. */
interface Step {
  readonly raw: Node;
  readonly signal: Node;
}

function cut(b: Builder, x: Node): Node {
  return b.greater(x, b.constant(0));
}

/** Whether a value is above zero everywhere, as what a softmax gives is. */
function isPositive(node: Node): boolean {
  if (node.op === 'divide') return node.args.every(isPositive);
  if (node.op === 'reduceSum' || node.op === 'reshape' || node.op === 'broadcast') return isPositive(node.args[0]);
  return node.op === 'exp';
}

/** The signal of one operation from those of its arguments, before the cut. `dependent` are the arguments fed by the input. */
function translate(b: Builder, node: Node, args: readonly Node[], dependent: readonly boolean[]): Node {
  switch (node.op) {
    case 'matmul': {
      const product = b.matmul(args[0], args[1], node.attributes);
      // Weights of attention come out of a softmax, so they let values pass whatever reaches them.
      if (!dependent.every(Boolean) || !isPositive(node.args[0])) return product;
      return b.add(product, b.matmul(b.constant(1, args[0].shape), args[1], node.attributes));
    }
    case 'conv2d':
      return b.conv2d(args[0], args[1], node.attributes);
    case 'conv2dInputGradient':
      return b.conv2dInputGradient(args[0], args[1], node.attributes, node.shape);
    case 'maxPool':
    case 'averagePool':
      return b.averagePool(args[0], node.attributes);
    case 'averagePoolGradient':
      return b.averagePoolGradient(args[0], node.attributes, node.shape);
    case 'reduceSum':
    case 'reduceMax':
      return b.reduceSum(args[0], node.attributes.axes, node.attributes.keepDims);
    case 'reshape':
      return b.reshape(args[0], node.shape);
    case 'transpose':
      return b.transpose(args[0], node.attributes.permutation);
    case 'broadcast':
      return b.broadcast(args[0], node.shape);
    case 'slice':
      return b.slice(args[0], node.attributes.begin, node.shape);
    case 'pad':
      return b.pad(args[0], node.attributes.before, node.attributes.after);
    case 'gatherRows':
      // Any id may come, so a feature is reached where one row of the table has it.
      return b.broadcast(b.reduceSum(args[0], [0]), node.shape);
    case 'concat':
      return b.concat(args, node.attributes.axis);
    default: {
      // Elementwise: what any fed argument brings; a product of two fed ones needs both.
      const fed = args.filter((_, i) => dependent[i]).map((arg) => b.broadcast(arg, node.shape));
      return fed.reduce((sum, arg) => (node.op === 'multiply' ? b.multiply(sum, arg) : b.add(sum, arg)));
    }
  }
}

/** The program: inputs are the masks under their weights' names, outputs 1 for each weight on a path. */
export function connectivityProgram(network: Network, prunable: readonly string[]): Program {
  const model = createBuilder();
  const parameters = declareParameters(model, network);
  const inputs = declareInputs(model, network, 1);
  const { logits } = network.apply(model, inputs, parameters, 'evaluate');

  const b = createBuilder();
  const masked = new Set(prunable);
  const fed = new Set<Node>(inputs);
  const steps = new Map<Node, Step>();
  for (const node of reachable([logits])) {
    const dependent = node.args.map((arg) => fed.has(arg));
    if (dependent.includes(true)) fed.add(node);
    const args = node.args.map((arg) => steps.get(arg)!.signal);
    const raw = signalOf(b, node, args, dependent, masked);
    steps.set(node, { raw, signal: fed.has(node) && node.op !== 'input' ? cut(b, raw) : raw });
  }

  const needed = new Map<Node, Node>([[logits, b.constant(1, logits.shape)]]);
  for (const node of reachable([logits]).toReversed()) {
    const total = needed.get(node);
    if (!total || node.op === 'input') continue;
    const cotangent = cut(b, total);
    const { raw } = steps.get(node)!;
    contributions(b, node, raw, steps, cotangent).forEach((contribution, i) => {
      const arg = node.args[i];
      if (!contribution) return;
      const sum = needed.get(arg);
      needed.set(arg, sum ? b.add(sum, contribution) : contribution);
    });
  }
  const outputs = prunable.map((name) => {
    const parameter = parameters.get(name)!;
    const reached = needed.get(parameter);
    const mask = b.input(name, parameter.shape);
    return [name, reached ? b.multiply(mask, cut(b, reached)) : b.constant(0, parameter.shape)];
  });
  return createProgram('connectivity', Object.fromEntries(outputs));
}

function signalOf(
  b: Builder,
  node: Node,
  args: readonly Node[],
  dependent: readonly boolean[],
  masked: ReadonlySet<string>,
): Node {
  if (node.op === 'input' && masked.has(node.attributes.name)) return b.input(node.attributes.name, node.shape);
  const parameterOnly = !dependent.includes(true);
  // Tables, biases and statistics do not cut paths. A kernel may be reshaped or moved around before its use.
  if (node.args.length === 0 || (parameterOnly && !followed.has(node.op))) return b.constant(1, node.shape);
  return translate(b, node, args, dependent);
}

/** What a node's "reaches the output" gives to each of its arguments, through the vjp of its translation. */
function contributions(
  b: Builder,
  node: Node,
  raw: Node,
  steps: ReadonlyMap<Node, Step>,
  cotangent: Node,
): readonly (Node | undefined)[] {
  return node.args.map((arg) => {
    const signal = steps.get(arg)!.signal;
    if (raw === signal) return cotangent;
    return pullBack(b, raw, signal, cotangent);
  });
}

/** The cotangent of `target` from that of `from`, following the few nodes a translation is made of. */
function pullBack(b: Builder, from: Node, target: Node, cotangent: Node): Node | undefined {
  let total: Node | undefined;
  from.args.forEach((arg, position) => {
    const rule = vjpRules[from.op] as (b: Builder, y: Node, c: Node, position: number) => Node | undefined;
    if (arg !== target && !isIntermediate(arg)) return;
    const incoming = rule(b, from, cotangent, position);
    const reached = arg === target ? incoming : incoming && pullBack(b, arg, target, incoming);
    if (reached) total = total ? b.add(total, reached) : reached;
  });
  return total;
}

/** Translations nest broadcasts, sums and products; a cut marks the end of one. */
function isIntermediate(node: Node): boolean {
  return ['broadcast', 'add', 'multiply', 'matmul', 'reduceSum'].includes(node.op);
}

/** The compiled search for paths through a network, for any masks of the same weights. */
export interface Connectivity {
  /** 1 for each kept weight on a path from input to output, by parameter name. */
  connected(masks: Masks): Promise<Masks>;
  dispose(): Promise<void>;
}

/** Compiles the search for paths; `prunable` are the names of the weights that masks will be given for. */
export async function compileConnectivity(
  executor: Executor,
  network: Network,
  prunable: readonly string[],
): Promise<Connectivity> {
  const executable = await executor.compile(connectivityProgram(network, prunable));
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  return {
    async connected(masks) {
      const inputs = Object.fromEntries(
        prunable.map((name) => [
          name,
          executor.upload(floatTensor(shapes.get(name)!, Float32Array.from(masks.get(name)!))),
        ]),
      );
      try {
        const connected = await readAll(await runWith(executable, inputs));
        return new Map([...connected].map(([name, values]) => [name, Uint8Array.from(values)]));
      } finally {
        disposeAll(inputs);
      }
    },
    dispose: () => executable.dispose(),
  };
}

/** 1 for each kept weight on a path from input to output, by parameter name, as {@link Masks}. */
export async function connectedMasks(executor: Executor, network: Network, masks: Masks): Promise<Masks> {
  const prunable = network.parameters.filter(({ name }) => masks.has(name)).map(({ name }) => name);
  const connectivity = await compileConnectivity(executor, network, prunable);
  try {
    return await connectivity.connected(masks);
  } finally {
    await connectivity.dispose();
  }
}

/** Fraction of the weights that masks are given for which cannot influence the output: masked, or on no path; 0 where there are none. */
export async function effectiveSparsity(executor: Executor, network: Network, masks: Masks): Promise<number> {
  const connected = [...(await connectedMasks(executor, network, masks)).values()];
  const total = connected.reduce((sum, { length }) => sum + length, 0);
  return total === 0 ? 0 : 1 - connected.reduce((sum, mask) => sum + countKept(mask), 0) / total;
}
