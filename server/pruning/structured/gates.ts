/**
 * Where a channel is normalized after it is made, at once or behind its shift, a relu or a pooling, a factor on its weights changes nothing but the part of epsilon in the
 * normalization: what the channel adds is scaled behind it, by a gate on the normalized output, whose derivative is
 * gamma dL/dgamma + beta dL/dbeta.
 */
import { createBuilder } from '../../graph/builder';
import { reachable } from '../../graph/program';
import type { Node } from '../../graph/types';
import { declareInputs, declareParameters } from '../../models/parameters';
import type { Network } from '../../models/types';
import type { OptionDefinition } from '../../protocol/catalogue/types';

/** What the mask entry of a channel multiplies: the weights that make it, or what a normalization right behind them gives. */
export const GATE = {
  name: 'gate',
  type: 'choice',
  choices: ['output', 'weights'],
  default: 'output',
  scope: 'scoring',
  setting: 'scoring.gate',
  text: 'what a channel is multiplied by 0 in: its normalized output, where a normalization follows, or its weights, as in the papers',
} as const satisfies OptionDefinition;

/** Parameters of the normalization behind a kernel, by name; beta is absent where it does not shift. */
export interface NormalizedBy {
  readonly gamma: string;
  readonly beta?: string;
}

/** Two examples, so that nothing is broadcast over the batch by accident. */
const TRACE_BATCH = 2;

/** Operations that make a kernel's product of it, in its own form or another. */
const PRODUCTS: ReadonlySet<Node['op']> = new Set(['reshape', 'transpose', 'matmul', 'conv2d', 'conv2dInputGradient']);

/** Operations that multiply a channel by what it is multiplied by, where that is positive. */
const HOMOGENEOUS: ReadonlySet<Node['op']> = new Set(['relu', 'maxPool', 'averagePool']);

/** The parameter that a node is made of and nothing else. */
function parameterOf(node: Node, names: ReadonlyMap<Node, string>): string | undefined {
  const known = names.get(node);
  if (known !== undefined) return known;
  return node.args.length === 1 ? parameterOf(node.args[0], names) : undefined;
}

/**
 * The normalizations that all products of a kernel go into, and nothing else does: by the kernel's name. One without a gamma has no
 * such gate and is left out.
 */
export function normalizedKernels(network: Network, kernels: readonly string[]): ReadonlyMap<string, NormalizedBy> {
  const b = createBuilder();
  const examples = declareInputs(b, network, TRACE_BATCH);
  const parameters = declareParameters(b, network);
  const { logits } = network.apply(b, examples, parameters, 'score');
  const names = new Map(Array.from(parameters, ([name, node]) => [node, name]));
  const readers = new Map<Node, Node[]>();
  const fed = new Set<Node>(examples);
  for (const node of reachable([logits])) {
    if (node.args.some((arg) => fed.has(arg))) fed.add(node);
    for (const arg of new Set(node.args)) readers.set(arg, [...(readers.get(arg) ?? []), node]);
  }
  /** Whether a channel of `node` is the same channel of `reader`, multiplied by whatever multiplies it there. */
  const passes = (node: Node, reader: Node): boolean => {
    if (!fed.has(node)) return PRODUCTS.has(reader.op);
    if (reader.op === 'add') return reader.args.some((arg) => arg !== node && !fed.has(arg));
    return HOMOGENEOUS.has(reader.op) || (reader.op === 'reshape' && reader.shape.at(-1) === node.shape.at(-1));
  };
  /** The normalizations that `node` goes into; undefined where it goes anywhere else. */
  const follow = (node: Node): readonly Node[] | undefined => {
    const found: Node[] = [];
    for (const reader of readers.get(node) ?? []) {
      const isNormalization = reader.op === 'batchNorm' && reader.args[0] === node;
      const next = isNormalization ? [reader] : passes(node, reader) ? follow(reader) : undefined;
      if (!next) return undefined;
      found.push(...next);
    }
    return found;
  };
  const normalized = new Map<string, NormalizedBy>();
  for (const kernel of kernels) {
    const [first, ...others] = follow(parameters.get(kernel)!) ?? [];
    const gammaOf = ({ args: [, gamma] }: Node) => parameterOf(gamma, names);
    const gamma = first && gammaOf(first);
    if (gamma === undefined || others.some((other) => gammaOf(other) !== gamma)) continue;
    const beta = parameterOf(first.args[2], names);
    normalized.set(kernel, { gamma, ...(beta !== undefined && { beta }) });
  }
  return normalized;
}
