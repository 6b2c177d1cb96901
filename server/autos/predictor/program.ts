/** A predictor's training step and its evaluation, as programs. */
import { gradient } from '../../graph/autodiff';
import { type Builder, createBuilder } from '../../graph/builder';
import { mean, square } from '../../graph/compose';
import { createProgram } from '../../graph/program';
import type { Node, Program } from '../../graph/types';
import type { Network } from '../../models/types';
import type { Optimizer } from '../../training/optimizers';
import { parameterKey, slotKey } from '../../training/state';
import { scalarKey } from '../../training/step';

/**
 * `mse`: mean squared error. `ranking`: the mean over pairs of weights of log(1 + exp(-(s_i - s_j))) |y_i - y_j|, where
 * y_i > y_j, so that only the order counts, and far apart pairs the most.
 */
export type PredictorLoss = 'mse' | 'ranking';

/** Program name of the sum of the losses of all steps since it was last set to zero. */
export const LOSS_SUM = 'loss';

function parameterNodes(b: Builder, network: Network): ReadonlyMap<string, Node> {
  return new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
}

/** Scores [n] of features [n, columns]. */
function scores(b: Builder, logits: Node): Node {
  return b.reshape(logits, [logits.shape[0]]);
}

/** Pairs the first half of the batch with the second. */
function rankingLoss(b: Builder, predicted: Node, targets: Node): Node {
  const half = Math.floor(predicted.shape[0] / 2);
  const difference = (values: Node) => b.subtract(b.slice(values, [0], [half]), b.slice(values, [half], [half]));
  const truth = difference(targets);
  const agreement = b.multiply(b.sign(truth), difference(predicted));
  return mean(b, b.multiply(b.abs(truth), b.softplus(b.negate(agreement))));
}

/**
 * One step. Inputs: the state's tensors (see training/state.ts), `features` [batch, columns], `targets` [batch], the
 * optimizer's scalars, and the sum of losses, which the step adds to. Outputs: the changed state, and the sum.
 */
export function createStep(network: Network, optimizer: Optimizer, loss: PredictorLoss, batch: number): Program {
  const b = createBuilder();
  const features = b.input('features', [batch, ...network.inputShape]);
  const targets = b.input('targets', [batch]);
  const parameters = parameterNodes(b, network);
  const { logits, statistics } = network.apply(b, features, parameters, 'train');
  const predicted = scores(b, logits);
  const objective =
    loss === 'mse' ? mean(b, square(b, b.subtract(predicted, targets))) : rankingLoss(b, predicted, targets);
  const trainable = network.parameters.filter((parameter) => parameter.trainable);
  const gradients = gradient(
    b,
    objective,
    trainable.map(({ name }) => parameters.get(name)!),
  );
  const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, b.input(scalarKey(name), [])]));
  const outputs: { [name: string]: Node } = {
    [LOSS_SUM]: b.add(b.input(LOSS_SUM, []), objective),
  };
  for (const [i, { name, shape }] of trainable.entries()) {
    const updated = optimizer.update(b, {
      weight: parameters.get(name)!,
      gradient: gradients[i],
      state: Object.fromEntries(optimizer.slots.map((slot) => [slot, b.input(slotKey(slot, name), shape)])),
      scalars,
    });
    outputs[parameterKey(name)] = updated.weight;
    for (const [slot, value] of Object.entries(updated.state)) outputs[slotKey(slot, name)] = value;
  }
  for (const [name, value] of statistics) outputs[parameterKey(name)] = value;
  return createProgram('train a predictor', outputs);
}

/** Inputs: the parameters, and `features` [batch, columns]. Output: `scores` [batch]. */
export function createEvaluation(network: Network, batch: number): Program {
  const b = createBuilder();
  const features = b.input('features', [batch, ...network.inputShape]);
  const { logits } = network.apply(b, features, parameterNodes(b, network), 'evaluate');
  return createProgram('evaluate a predictor', { scores: scores(b, logits) });
}
