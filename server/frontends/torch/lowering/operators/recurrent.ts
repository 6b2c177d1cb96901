/** LSTM, GRU and plain recurrent layers, unrolled over their steps. */
import { add, concat, exchange, multiply, reshape, slice, subtract, unsqueeze } from '../primitives';
import { type Operator, type Operators, type Scope, Unsupported } from '../scope';
import { scalar, type Tensor } from '../tensor';
import { relu, sigmoid, tanh } from './activations';
import { linear } from './linear';
import { dropout } from './random';

/** In a flow, the functions of a cell are the identity. */
const inFlow =
  (curve: typeof tanh): typeof tanh =>
  (scope, x) =>
    scope.isFlow ? x : curve(scope, x);

const gate = inFlow(sigmoid);
const squash = inFlow(tanh);

type State = readonly Tensor[];

/** Weights of one layer in one direction. */
interface Weights {
  readonly input: Tensor;
  readonly hidden: Tensor;
  readonly inputBias: Tensor | undefined;
  readonly hiddenBias: Tensor | undefined;
}

interface Cell {
  readonly states: number;
  /** The state after a step, from x W + b of the step, and the state before. */
  step(scope: Scope, x: Tensor, state: State, weights: Weights): State;
}

function gatesOf({ b }: Scope, x: Tensor, count: number): Tensor[] {
  const units = x.shape[1] / count;
  return Array.from({ length: count }, (_, i) => slice(b, x, 1, i * units, units));
}

const fromState = (scope: Scope, state: Tensor, { hidden, hiddenBias }: Weights) =>
  linear(scope, state, hidden, hiddenBias);

/** Gates i, f, g, o: c' = f c + i g, h' = o tanh(c'). */
const lstmCell: Cell = {
  states: 2,
  step(scope, x, [h, c], weights) {
    const { b } = scope;
    const [i, f, g, o] = gatesOf(scope, add(b, x, fromState(scope, h, weights)), 4);
    const carried = multiply(b, gate(scope, f), c);
    const next = add(b, carried, multiply(b, gate(scope, i), squash(scope, g)));
    return [multiply(b, gate(scope, o), squash(scope, next)), next];
  },
};

/** Gates r, z, n: n = tanh(x_n + r h_n), h' = (1 - z) n + z h. */
const gruCell: Cell = {
  states: 1,
  step(scope, x, [h], weights) {
    const { b } = scope;
    const [xr, xz, xn] = gatesOf(scope, x, 3);
    const [hr, hz, hn] = gatesOf(scope, fromState(scope, h, weights), 3);
    const reset = gate(scope, add(b, xr, hr));
    const update = gate(scope, add(b, xz, hz));
    const candidate = squash(scope, add(b, xn, multiply(b, reset, hn)));
    // A difference would let nothing pass in a flow.
    const rest = scope.isFlow ? update : subtract(b, scalar(1, 'float'), update);
    const fresh = multiply(b, rest, candidate);
    return [add(b, fresh, multiply(b, update, h))];
  },
};

const plainCell = (curve: typeof tanh): Cell => ({
  states: 1,
  step: (scope, x, [h], weights) => [curve(scope, add(scope.b, x, fromState(scope, h, weights)))],
});

/** Goes through the steps of x [n, steps, features]; gives the outputs in their places, and the last state. */
function unroll(scope: Scope, cell: Cell, x: Tensor, start: State, weights: Weights, isBackward: boolean) {
  const { b } = scope;
  const steps = x.shape[1];
  const products = linear(scope, x, weights.input, weights.inputBias);
  const outputs = new Array<Tensor>(steps);
  let state = start;
  for (let i = 0; i < steps; i++) {
    const at = isBackward ? steps - 1 - i : i;
    const step = slice(b, products, 1, at, 1);
    state = cell.step(scope, reshape(b, step, [step.shape[0], step.shape[2]]), state, weights);
    outputs[at] = unsqueeze(b, state[0], 1);
  }
  return { output: concat(b, outputs, 1), state };
}

interface Options {
  readonly hasBiases: boolean;
  readonly layers: number;
  readonly rate: number;
  readonly isTraining: boolean;
  readonly isBidirectional: boolean;
  readonly isBatchFirst: boolean;
}

/** All layers over x; gives the output and the last states [layers * directions, n, units]. */
function stack(
  scope: Scope,
  cell: Cell,
  given: Tensor,
  states: State,
  parameters: readonly Tensor[],
  options: Options,
) {
  const { b } = scope;
  const { hasBiases, layers, rate, isTraining, isBidirectional, isBatchFirst } = options;
  const perDirection = hasBiases ? 4 : 2;
  const directions = isBidirectional ? 2 : 1;
  if (parameters.length !== perDirection * directions * layers) throw new Unsupported('its outputs are projected');
  let x = isBatchFirst ? given : exchange(given, 0, 1);
  const last: State[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const outputs = Array.from({ length: directions }, (_, direction) => {
      const index = layer * directions + direction;
      const [input, hidden, inputBias, hiddenBias] = parameters.slice(index * perDirection, (index + 1) * perDirection);
      const start = states.map((state) => reshape(b, slice(b, state, 0, index, 1), state.shape.slice(1)));
      const { output, state } = unroll(
        scope,
        cell,
        x,
        start,
        { input, hidden, inputBias, hiddenBias },
        direction === 1,
      );
      last.push(state);
      return output;
    });
    x = concat(b, outputs, 2);
    if (isTraining && layer < layers - 1) x = dropout(scope, x, rate);
  }
  const finals = states.map((_, i) =>
    concat(
      b,
      last.map((state) => unsqueeze(b, state[i], 0)),
      0,
    ),
  );
  return [isBatchFirst ? x : exchange(x, 0, 1), ...finals];
}

/** (x, state or states, parameters, biases, layers, dropout, whether it trains, whether it runs both ways, batch first). */
const recurrent =
  (cell: Cell): Operator =>
  (scope, call) => {
    if (call.overload !== 'input') throw new Unsupported('its sequences are packed');
    const states = cell.states === 1 ? [call.tensor(1)] : call.tensors(1);
    return stack(scope, cell, call.tensor(0), states, call.tensors(2), {
      hasBiases: call.truth(3, true),
      layers: call.number(4),
      rate: call.number(5, 0),
      isTraining: call.truth(6, false),
      isBidirectional: call.truth(7, false),
      isBatchFirst: call.truth(8, false),
    });
  };

/** One step: (x, state or states, the weights of the input and of the state, and their biases). */
const single =
  (cell: Cell): Operator =>
  (scope, call) => {
    const states = cell.states === 1 ? [call.tensor(1)] : call.tensors(1);
    const weights = {
      input: call.tensor(2),
      hidden: call.tensor(3),
      inputBias: call.tensorOr(4),
      hiddenBias: call.tensorOr(5),
    };
    const x = linear(scope, call.tensor(0), weights.input, weights.inputBias);
    const next = cell.step(scope, x, states, weights);
    return cell.states === 1 ? next[0] : next;
  };

export const recurrents: Operators = {
  lstm: recurrent(lstmCell),
  gru: recurrent(gruCell),
  rnn_tanh: recurrent(plainCell(squash)),
  rnn_relu: recurrent(plainCell(inFlow(relu))),
  lstm_cell: single(lstmCell),
  gru_cell: single(gruCell),
  rnn_tanh_cell: single(plainCell(squash)),
  rnn_relu_cell: single(plainCell(inFlow(relu))),
};
