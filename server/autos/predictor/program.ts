/** A predictor's evaluation as a program; its training step is that of any network. */
import { createBuilder } from '../../graph/builder';
import { createProgram } from '../../graph/program';
import type { Program } from '../../graph/types';
import type { Network } from '../../models/types';
import { parameterKey } from '../../training/state';
import { scoresOf } from './objectives';

/** Inputs: the parameters, and `features` [batch, columns]. Output: `scores` [batch]. */
export function createEvaluation(network: Network, batch: number): Program {
  const b = createBuilder();
  const features = b.input('features', [batch, ...network.inputs[0].shape]);
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
  const { logits } = network.apply(b, [features], parameters, 'evaluate');
  return createProgram('evaluate a predictor', { scores: scoresOf(b, logits) });
}
