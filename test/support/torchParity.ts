/** The engine's float64 beside PyTorch's: logits, gradient, product with the Hessian, statistics. */
import { interpret } from '../../server/executors/reference';
import type { Value } from '../../server/executors/reference/arrays';
import type { ExportedModel } from '../../server/frontends/torch/exported';
import { createTorchNetwork } from '../../server/frontends/torch/network/createNetwork';
import { gradient, jvp } from '../../server/graph/autodiff';
import { createBuilder } from '../../server/graph/builder';
import { logSoftmax } from '../../server/graph/compose';
import { createProgram } from '../../server/graph/program';
import type { Node } from '../../server/graph/types';
import { declareInputs, declareParameters } from '../../server/models/parameters';
import { fromStored, storedAs } from '../../server/models/stored';
import type { Network } from '../../server/models/types';
import type { Reference, References } from './exportTorch';

/** Largest difference relative to the largest value that is expected. */
export interface Differences {
  readonly logits: number;
  readonly evaluated: number;
  readonly loss: number;
  readonly gradient: number;
  readonly product: number;
  readonly statistics: number;
}

/** [n, c, …] with the channels last. */
function channelsLast({ shape, data }: Reference): Value {
  if (shape.length !== 4) return { shape, data };
  const [n, c, h, w] = shape;
  const stored = { name: '', view: [n, h, w, c], order: [0, 3, 1, 2], shape };
  return { shape: stored.view, data: fromStored(data, stored) };
}

function distance(pairs: readonly (readonly [ArrayLike<number>, ArrayLike<number>])[]): number {
  let largest = 0;
  let difference = 0;
  for (const [actual, expected] of pairs) {
    if (actual.length !== expected.length) throw new Error(`${actual.length} values, not ${expected.length}`);
    for (let i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      const apart = Math.abs(actual[i] - expected[i]);
      difference = apart <= difference ? difference : apart;
    }
  }
  return difference / Math.max(largest, Number.MIN_VALUE);
}

/** How far the engine is from what PyTorch computes of a model. */
export function comparePasses(model: ExportedModel, references: References): Differences {
  const network = createTorchNetwork(model, { file: '/net.py' });
  const b = createBuilder();
  const [size] = references.get('x')!.shape;
  const nodes = declareParameters(b, network);
  const x = declareInputs(b, network, size);
  const labels = references.get('y')!;
  const y = b.input('y', labels.shape, 'int32');
  const logits = network.apply(b, x, nodes, 'score').logits;
  const loss = network.objective.loss(b, { logits, y, labels: network.labels });
  const trained = network.parameters.filter(({ trainable }) => trainable);
  const wrt = trained.map(({ name }) => nodes.get(name)!);
  const gradients = gradient(b, loss, wrt);
  const directions = trained.map(({ name, shape }) => b.input(`direction ${name}`, shape));
  const products = jvp(b, gradients, wrt, directions);
  const { statistics } = network.apply(b, x, nodes, 'train');
  // A softmax at the end is left out; what it gives is that of the logits.
  const ended = (node: Node) => (network.output.endings[0].name === 'log_softmax' ? logSoftmax(b, node) : node);
  const outputs = {
    logits: ended(logits),
    loss,
    evaluated: ended(network.apply(b, x, nodes, 'evaluate').logits),
    ...Object.fromEntries(
      trained.flatMap(({ name }, i) => [
        [`gradient ${name}`, gradients[i]],
        [`product ${name}`, products[i]],
      ]),
    ),
    ...Object.fromEntries(Array.from(statistics, ([name, node]) => [`statistic ${name}`, node])),
  };
  const program = createProgram('parity', outputs);
  const given = inputsOf(network, references);
  for (const { attributes, shape } of program.inputs) {
    // Dropout leaves nothing out here.
    given[attributes.name] ??= { shape, data: new Float64Array(shape.reduce((a, c) => a * c, 1)).fill(1) };
  }
  const results = interpret(program, given);
  const inside = (name: string, reference: string) => {
    const parameter = network.parameters.find((one) => one.name === name)!;
    return fromStored(references.get(reference)!.data, storedAs(parameter));
  };
  const compare = (what: string, names: readonly string[]) =>
    distance(names.map((name) => [results[`${what} ${name}`].data, inside(name, `${what} ${name}`)]));
  const names = trained.map(({ name }) => name);
  return {
    logits: distance([[results.logits.data, channelsLast(references.get('logits')!).data]]),
    evaluated: distance([[results.evaluated.data, channelsLast(references.get('evaluated')!).data]]),
    loss: distance([[results.loss.data, references.get('loss')!.data]]),
    gradient: compare('gradient', names),
    product: compare('product', names),
    statistics: compare('statistic', [...statistics.keys()]),
  };
}

function inputsOf(network: Network, references: References): { [name: string]: Value } {
  const given: { [name: string]: Value } = {};
  for (const parameter of network.parameters) {
    given[parameter.name] = { shape: parameter.shape, data: Float64Array.from(parameter.initialize(0)) };
    const direction = references.get(`direction ${parameter.name}`);
    if (!direction) continue;
    const data = fromStored(direction.data, storedAs(parameter));
    given[`direction ${parameter.name}`] = { shape: parameter.shape, data };
  }
  const x = channelsLast(references.get('x')!);
  const isIds = network.inputs[0].dtype === 'int32';
  given.x = isIds ? { shape: x.shape, data: Int32Array.from(x.data) } : x;
  const y = references.get('y')!;
  given.y = { shape: y.shape, data: Int32Array.from(y.data) };
  return given;
}
