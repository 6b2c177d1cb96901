/** A model's output as objectives read it. */
import type { Ending } from '../../../objectives/types';
import type { ExportedCall, ExportedGraph } from '../exported';
import { channelsLast } from '../lowering/layout';
import { parseOperator } from '../lowering/table';

/** Calls that hand values on in their order. */
const KEEPS = new Set(['view', 'reshape', 'flatten', 'squeeze', 'unsqueeze', 'contiguous', 'clone', 'alias']);

const SOFTMAX = new Set(['softmax', '_softmax', 'log_softmax', '_log_softmax']);

/** The call that a graph's output comes from, up to reshaping. */
export function lastCall({ nodes, outputs }: ExportedGraph): ExportedCall | undefined {
  let node = nodes[outputs[0].node];
  while (node.kind === 'call' && KEEPS.has(parseOperator(node.operator).name)) {
    const [x] = node.args;
    if (typeof x !== 'object' || x === null || !('node' in x)) return undefined;
    node = nodes[x.node];
  }
  return node.kind === 'call' ? node : undefined;
}

/** The function that a call ends a model in; `linear` where it is none that matters to a loss. */
export function endingOf(call: ExportedCall | undefined): Ending {
  const shape = call?.shape ?? [];
  const name = call ? parseOperator(call.operator).name : '';
  const inside = (axis: number) => {
    const positive = axis < 0 ? axis + shape.length : axis;
    return shape.length === 4 ? channelsLast(4)[positive] : positive;
  };
  const lying = shape.length === 4 ? [shape[0], shape[2], shape[3], shape[1]] : shape;
  if (SOFTMAX.has(name)) {
    return { kind: 'softmax', name: name.replace(/^_/, ''), axis: inside(Number(call!.args[1])), shape: lying };
  }
  if (name === 'sigmoid') return { kind: 'sigmoid', name, shape: lying };
  if (name === 'tanh') return { kind: 'other', name, shape: lying };
  return { kind: 'linear', name: 'linear', shape: lying };
}
