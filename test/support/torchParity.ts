/** The engine beside PyTorch's float64: logits, loss, gradient, product with the Hessian, statistics. */
import type { Executor } from '../../server/executors/types';
import type { ExportedModel } from '../../server/frontends/torch/exported';
import { createTorchNetwork } from '../../server/frontends/torch/network/createNetwork';
import { gradient, jvp } from '../../server/graph/autodiff';
import { createBuilder } from '../../server/graph/builder';
import { logSoftmax } from '../../server/graph/compose';
import { createProgram } from '../../server/graph/program';
import type { Node, Program } from '../../server/graph/types';
import { declareInputs, declareParameters } from '../../server/models/parameters';
import { fromStored, storedAs } from '../../server/models/stored';
import type { Network } from '../../server/models/types';
import { type HostTensor, sizeOf } from '../../server/protocol/tensor';
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
function channelsLast({ shape, data }: Reference): HostTensor {
  if (shape.length !== 4) return { shape, dtype: 'float32', data };
  const [n, c, h, w] = shape;
  const stored = { name: '', view: [n, h, w, c], order: [0, 3, 1, 2], shape };
  return { shape: stored.view, dtype: 'float32', data: fromStored(data, stored) };
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

/** A program of everything that is compared, whose outputs are named as the references are. */
function parityProgram(network: Network, references: References) {
  const b = createBuilder();
  const nodes = declareParameters(b, network);
  const x = declareInputs(b, network, references.get('x')!.shape[0]);
  const y = b.input('y', references.get('y')!.shape, 'int32');
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
  const program = createProgram('parity', {
    logits: ended(logits),
    loss,
    evaluated: ended(network.apply(b, x, nodes, 'evaluate').logits),
    ...Object.fromEntries(trained.map(({ name }, i) => [`gradient ${name}`, gradients[i]])),
    ...Object.fromEntries(trained.map(({ name }, i) => [`product ${name}`, products[i]])),
    ...Object.fromEntries(Array.from(statistics, ([name, node]) => [`statistic ${name}`, node])),
  });
  return { program, trained: trained.map(({ name }) => name), statistics: [...statistics.keys()] };
}

function inputsOf(network: Network, program: Program, references: References): Map<string, HostTensor> {
  const given = new Map<string, HostTensor>();
  for (const parameter of network.parameters) {
    const { name, shape } = parameter;
    given.set(name, { shape, dtype: 'float32', data: Float64Array.from(parameter.initialize(0)) });
    const direction = references.get(`direction ${name}`);
    if (!direction) continue;
    given.set(`direction ${name}`, { shape, dtype: 'float32', data: fromStored(direction.data, storedAs(parameter)) });
  }
  const whole = ({ shape, data }: Reference): HostTensor => ({ shape, dtype: 'int32', data: Int32Array.from(data) });
  const x = references.get('x')!;
  given.set('x', network.inputs[0].dtype === 'int32' ? whole(x) : channelsLast(x));
  given.set('y', whole(references.get('y')!));
  return new Map(
    program.inputs.map(({ attributes: { name }, shape }) => [
      name,
      // Dropout leaves nothing out here.
      given.get(name) ?? { shape, dtype: 'float32', data: new Float64Array(sizeOf(shape)).fill(1) },
    ]),
  );
}

/** Runs a program on an executor. */
async function outputsOf(
  executor: Executor,
  program: Program,
  inputs: ReadonlyMap<string, HostTensor>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const executable = await executor.compile(program);
  const given = Array.from(inputs, ([name, value]) => [name, executor.upload(value)] as const);
  const outputs = await executable.run(Object.fromEntries(given));
  const results = new Map<string, HostTensor>();
  for (const [name, tensor] of Object.entries(outputs)) results.set(name, await tensor.read());
  for (const tensor of [...given.map(([, one]) => one), ...Object.values(outputs)]) tensor.dispose();
  await executable.dispose();
  return results;
}

/** A reference of a parameter as the engine lays it out. */
function inside(network: Network, references: References, name: string, reference: string): ArrayLike<number> {
  const parameter = network.parameters.find((one) => one.name === name)!;
  return fromStored(references.get(reference)!.data, storedAs(parameter));
}

/** Length of the difference of scores |w g| from those of the gradients in float64, relative to the length of those. */
function scoreError(network: Network, references: References, gradientOf: (name: string) => ArrayLike<number>): number {
  let [difference, total] = [0, 0];
  for (const { name, prunable, initialize } of network.parameters) {
    if (!prunable) continue;
    const [weights, gradients] = [initialize(0), gradientOf(name)];
    const expected = inside(network, references, name, `gradient ${name}`);
    for (let i = 0; i < expected.length; i++) {
      const score = Math.abs(weights[i] * expected[i]);
      difference += (Math.abs(weights[i] * gradients[i]) - score) ** 2;
      total += score ** 2;
    }
  }
  return Math.sqrt(difference / Math.max(total, Number.MIN_VALUE));
}

/**
 * How far SNIP's scores in float32 are from float64: those of the engine on an executor, and PyTorch's own.
 *
 * @param references With gradients in float32: `float32_gradients` of `export_torch.py`.
 */
export async function compareFloat32(
  executor: Executor,
  model: ExportedModel,
  references: References,
): Promise<{ readonly own: number; readonly ofPyTorch: number }> {
  const network = createTorchNetwork(model, { file: '/net.py' });
  const { program } = parityProgram(network, references);
  const prunable = network.parameters.filter((one) => one.prunable).map(({ name }) => name);
  const gradients = createProgram(
    'scores',
    Object.fromEntries(prunable.map((name) => [name, program.outputs[`gradient ${name}`]])),
  );
  const inputs = Array.from(inputsOf(network, gradients, references), ([name, value]) => {
    const data = value.dtype === 'int32' ? value.data : Float32Array.from(value.data);
    return [name, { ...value, data }] as const;
  });
  const results = await outputsOf(executor, gradients, new Map(inputs));
  return {
    own: scoreError(network, references, (name) => results.get(name)!.data),
    ofPyTorch: scoreError(network, references, (name) => inside(network, references, name, `float32 ${name}`)),
  };
}

/** How far the engine on an executor is from what PyTorch computes of a model. */
export async function comparePasses(
  executor: Executor,
  model: ExportedModel,
  references: References,
): Promise<Differences> {
  const network = createTorchNetwork(model, { file: '/net.py' });
  const { program, trained, statistics } = parityProgram(network, references);
  const results = await outputsOf(executor, program, inputsOf(network, program, references));
  const compare = (what: string, names: readonly string[]) =>
    distance(
      names.map((name) => [results.get(`${what} ${name}`)!.data, inside(network, references, name, `${what} ${name}`)]),
    );
  const whole = (name: string) => distance([[results.get(name)!.data, channelsLast(references.get(name)!).data]]);
  return {
    logits: whole('logits'),
    evaluated: whole('evaluated'),
    loss: whole('loss'),
    gradient: compare('gradient', trained),
    product: compare('product', trained),
    statistics: compare('statistic', statistics),
  };
}
