/**
 * LSTM, GRU and SimpleRNN as Keras defines them, unrolled over the steps. The product with the input is taken for all steps at
 * once; what is left for each step is the product with the state.
 */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';
import { formatExtents } from '../../../models/failure';
import { type Activation, linear, resolveActivation } from '../network/activations';
import { type CallScope, type LayerContext, type LayerDefinition, oneInput, readRate } from './definition';

/** The state after a step: the output h [n, units], and what else the cell carries. */
type State = readonly Node[];

/** What a cell works with in one step. */
interface Step {
  readonly b: Builder;
  /** Products of the step's input with the kernel, bias added: [n, gates * units]. */
  readonly x: Node;
  readonly state: State;
  /** State as it enters products: with dropout. */
  readonly h: Node;
  readonly recurrentKernel: Node;
  /** GRU that resets after the product: bias of the product with the state [gates * units]. */
  readonly recurrentBias?: Node;
  readonly units: number;
  readonly activation: Activation;
  readonly gate: Activation;
  /** What a gate leaves of the rest: 1 - gate; the gate itself where all flows, as that would be negative. */
  complement(gate: Node): Node;
}

interface Cell {
  /** Keras 3's name of the cell, which holds the parameters. */
  readonly name: string;
  readonly gates: number;
  /** Tensors of the state. */
  readonly states: number;
  readonly defaultGate: string;
  step(step: Step): State;
}

/** Part `index` of a tensor [n, parts * units]. */
function part(b: Builder, x: Node, index: number, units: number): Node {
  return b.slice(x, [0, index * units], [x.shape[0], units]);
}

/** h' = activation(x W + h U + b). */
const simpleCell: Cell = {
  name: 'simple_rnn_cell',
  gates: 1,
  states: 1,
  defaultGate: 'sigmoid',
  step: ({ b, x, h, recurrentKernel, activation }) => [activation.apply(b, b.add(x, b.matmul(h, recurrentKernel)))],
};

/** Gates i, f, c, o: c' = f c + i activation(z_c), h' = o activation(c'). */
const lstmCell: Cell = {
  name: 'lstm_cell',
  gates: 4,
  states: 2,
  defaultGate: 'sigmoid',
  step({ b, x, h, state: [, carry], recurrentKernel, units, activation, gate }) {
    const z = b.add(x, b.matmul(h, recurrentKernel));
    const gateOf = (index: number) => gate.apply(b, part(b, z, index, units));
    const candidate = activation.apply(b, part(b, z, 2, units));
    const next = b.add(b.multiply(gateOf(1), carry), b.multiply(gateOf(0), candidate));
    return [b.multiply(gateOf(3), activation.apply(b, next)), next];
  },
};

/**
 * Gates z, r, h: h' = z h + (1 - z) candidate, where r multiplies the state before its product, or after it
 * (`resetAfter`, which has a bias of its own there).
 */
const gruCell = (resetAfter: boolean): Cell => ({
  name: 'gru_cell',
  gates: 3,
  states: 1,
  defaultGate: 'sigmoid',
  step({ b, x, h, state: [before], recurrentKernel, recurrentBias, units, activation, gate, complement }) {
    const inner = b.matmul(h, resetAfter ? recurrentKernel : b.slice(recurrentKernel, [0, 0], [units, 2 * units]));
    const product = recurrentBias ? b.add(inner, recurrentBias) : inner;
    const gateOf = (index: number) => gate.apply(b, b.add(part(b, x, index, units), part(b, product, index, units)));
    const update = gateOf(0);
    const reset = gateOf(1);
    const candidateKernel = b.slice(recurrentKernel, [0, 2 * units], [units, units]);
    const fromState = resetAfter
      ? b.multiply(reset, part(b, product, 2, units))
      : b.matmul(b.multiply(reset, h), candidateKernel);
    const candidate = activation.apply(b, b.add(part(b, x, 2, units), fromState));
    return [b.add(b.multiply(update, before), b.multiply(complement(update), candidate))];
  },
});

function refuse({ config, fail }: LayerContext): void {
  if (config.boolean('returnState', false)) fail('the option returnState is not supported.', 'Use its sequences.');
  if (config.boolean('stateful', false)) {
    fail('the option stateful is not supported: batches have nothing to do with each other here.', 'Leave it out.');
  }
  if (config.boolean('timeMajor', false))
    fail('the option timeMajor is not supported.', 'Inputs are [steps, features].');
  // How it is computed, which changes nothing.
  for (const option of ['unroll', 'useCudnn', 'implementation']) config.value(option);
}

interface Options {
  readonly units: number;
  readonly hasBias: boolean;
  readonly resetAfter: boolean;
  /** LSTM: the forget gate's bias starts at one. */
  readonly unitForgetBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly returnSequences: boolean;
  readonly backwards: boolean;
  /** What a masked step gives is zero, not what the step before gave. */
  readonly zeroForMasked: boolean;
  readonly activation: Activation;
  readonly gate: Activation;
}

function readOptions(context: LayerContext, cell: Cell): Options {
  const { config, fail } = context;
  refuse(context);
  return {
    units: config.integer('units', 1),
    hasBias: config.boolean('useBias', true),
    resetAfter: cell.name === 'gru_cell' && config.boolean('resetAfter', false),
    unitForgetBias: cell === lstmCell && config.boolean('unitForgetBias', true),
    dropout: readRate(context, 'dropout', 0),
    recurrentDropout: readRate(context, 'recurrentDropout', 0),
    returnSequences: config.boolean('returnSequences', false),
    backwards: config.boolean('goBackwards', false),
    zeroForMasked: config.boolean('zeroOutputForMask', false),
    activation: resolveActivation(config.value('activation') ?? 'tanh', fail),
    gate: resolveActivation(config.value('recurrentActivation') ?? cell.defaultGate, fail),
  };
}

function declare(
  context: LayerContext,
  cell: Cell,
  { units, hasBias, resetAfter, unitForgetBias }: Options,
  features: number,
): void {
  const width = cell.gates * units;
  const name = (parameter: string) => `${cell.name}/${parameter}`;
  context.parameter({
    name: name('kernel'),
    role: 'kernel',
    shape: [features, width],
    option: 'kernel',
    initializer: 'glorotUniform',
  });
  context.parameter({
    name: name('recurrent_kernel'),
    role: 'kernel',
    shape: [units, width],
    option: 'recurrent',
    initializer: 'orthogonal',
  });
  if (!hasBias) return;
  context.parameter({
    name: name('bias'),
    role: 'bias',
    shape: resetAfter ? [2, width] : [width],
    option: 'bias',
    initializer: 'zeros',
    ...(unitForgetBias && { adjust: forgetNothing }),
  });
}

/** LSTM's bias [4 units] with ones for the forget gate (Jozefowicz et al. 2015). */
function forgetNothing(bias: Float32Array): void {
  bias.fill(1, bias.length / 4, bias.length / 2);
}

/** Products of all steps' inputs with the kernel, bias added: [n, steps, gates * units]. */
function inputProducts(scope: CallScope, cell: Cell, options: Options, x: Node): Node {
  const { b, parameter } = scope;
  const [n, steps, features] = x.shape;
  const kernel = parameter(`${cell.name}/kernel`);
  const width = kernel.shape[1];
  const products = b.matmul(b.reshape(x, [n * steps, features]), kernel);
  if (!options.hasBias) return b.reshape(products, [n, steps, width]);
  const bias = parameter(`${cell.name}/bias`);
  const ofInput = options.resetAfter ? b.reshape(b.slice(bias, [0, 0], [1, width]), [width]) : bias;
  return b.reshape(b.add(products, ofInput), [n, steps, width]);
}

/** Goes through the steps; gives the outputs in the order they were computed. */
function unroll(scope: CallScope, cell: Cell, options: Options, x: Node): readonly Node[] {
  const { b, parameter, mode, dropoutMask } = scope;
  const { units, activation, gate, dropout, recurrentDropout, hasBias, resetAfter, backwards } = options;
  const [n, steps, features] = x.shape;
  const drops = mode === 'train';
  const entering = drops && dropout > 0 ? b.multiply(x, dropoutMask([n, 1, features], dropout)) : x;
  const products = inputProducts(scope, cell, options, entering);
  const recurrentMask = drops && recurrentDropout > 0 ? dropoutMask([n, units], recurrentDropout) : undefined;
  const recurrentKernel = parameter(`${cell.name}/recurrent_kernel`);
  const width = recurrentKernel.shape[1];
  const recurrentBias =
    hasBias && resetAfter ? b.reshape(b.slice(parameter(`${cell.name}/bias`), [1, 0], [1, width]), [width]) : undefined;
  const mask = scope.mask.get(x);

  let state: State = Array.from({ length: cell.states }, () => b.constant(0, [n, units]));
  const outputs: Node[] = [];
  for (let index = 0; index < steps; index++) {
    const at = backwards ? steps - 1 - index : index;
    const next = cell.step({
      b,
      x: b.reshape(b.slice(products, [0, at, 0], [n, 1, width]), [n, width]),
      state,
      h: recurrentMask ? b.multiply(state[0], recurrentMask) : state[0],
      recurrentKernel,
      ...(recurrentBias && { recurrentBias }),
      units,
      activation: mode === 'flow' ? linear : activation,
      gate: mode === 'flow' ? linear : gate,
      complement: mode === 'flow' ? (part) => part : (part) => b.subtract(b.constant(1), part),
    });
    const counts = mask && b.slice(mask, [0, at], [n, 1]);
    state = counts ? keepMasked(b, counts, state, next) : next;
    outputs.push(counts && options.zeroForMasked ? b.multiply(state[0], counts) : state[0]);
  }
  return outputs;
}

/** The state before a step where the step is masked (0), that after it elsewhere. */
function keepMasked(b: Builder, mask: Node, before: State, after: State): State {
  return after.map((value, i) => b.add(before[i], b.multiply(mask, b.subtract(value, before[i]))));
}

/** The layer that a cell makes. */
function recurrent(cellOf: (context: LayerContext) => Cell): LayerDefinition {
  const build: LayerDefinition['build'] = (context) => {
    const { inputs, fail } = context;
    const [input] = inputs;
    if (input.length !== 2) fail(`its input has the shape ${formatExtents(input)}, not [steps, features].`);
    const [steps, features] = input;
    const cell = cellOf(context);
    const options = readOptions(context, cell);
    declare(context, cell, options, features);
    const { units, returnSequences } = options;
    return {
      apply(scope, [x]) {
        const { b } = scope;
        const outputs = unroll(scope, cell, options, x);
        if (!returnSequences) return outputs[outputs.length - 1];
        const n = x.shape[0];
        const sequence = b.concat(
          outputs.map((output) => b.reshape(output, [n, 1, units])),
          1,
        );
        const mask = scope.mask.get(x);
        if (mask) scope.mask.set(sequence, mask);
        return sequence;
      },
      macs: () => steps * cell.gates * units * (features + units),
    };
  };
  return { ...oneInput(build), masking: 'uses' };
}

export const simpleRnn = recurrent(() => simpleCell);
export const lstm = recurrent(() => lstmCell);
export const gru = recurrent(({ config }) => gruCell(config.boolean('resetAfter', false)));
