/** The loss of every objective over all weights of a network: gradient and Hessian-vector product, against differences. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { gradient, jvp } from '../../../server/graph/autodiff';
import { createProgram } from '../../../server/graph/program';
import { forTraining } from '../../../server/models/task';
import type { ObjectiveChoice } from '../../../server/objectives';
import { buildLoss, namedOutputs, nodesOf } from '../../../server/pruning/loss';
import { chain, randomValues } from '../../support/networks';

const SIZE = 5;
const UNITS = 3;

const CASES: readonly (readonly [activation: string, choice: ObjectiveChoice])[] = [
  ['linear', { objective: 'mse' }],
  ['tanh', { objective: 'mse' }],
  // Some of the differences are on either side of delta.
  ['linear', { objective: 'huber', huberDelta: 0.7 }],
  ['sigmoid', { objective: 'binary-cross-entropy' }],
  ['linear', { objective: 'binary-cross-entropy' }],
  ['softmax', { objective: 'cross-entropy', labelSmoothing: 0.3 }],
];

describe.each(CASES)('%s outputs by %j', (activation, choice) => {
  const network = forTraining(
    createNetwork(
      chain([4], ['in', 'Dense', { units: 6, activation: 'tanh' }], ['out', 'Dense', { units: UNITS, activation }]),
    ),
    choice,
  );
  const { b, parameters, trainable, loss } = buildLoss(network, SIZE);
  const weights = nodesOf(parameters, trainable);
  const first = gradient(b, loss, weights);
  const directions = weights.map((node, i) => b.input(`direction ${trainable[i]}`, node.shape));
  const program = createProgram('derivatives', {
    loss,
    ...namedOutputs('first ', trainable, first),
    ...namedOutputs('product ', trainable, jvp(b, first, weights, directions)),
  });
  const wide = (seed: number, shape: readonly number[]) => Float64Array.from(randomValues(shape, seed).data);
  const along = weights.map(({ shape }, i) => wide(20 + i, shape));
  const labels = () => {
    if (network.labels.dtype === 'int32') return Int32Array.of(0, 1, 2, 1, 0);
    const values = wide(3, [SIZE, UNITS]);
    return network.objective.noise === 'binary' ? values.map((value) => (value > 0 ? 1 : 0)) : values;
  };
  const y = { shape: [SIZE, ...network.labels.shape], data: labels() };
  const x = { shape: [SIZE, 4], data: wide(1, [SIZE, 4]) };

  /** Results at the weights moved by so much along the directions. */
  function at(distance: number) {
    const moved = weights.map(({ shape }, i) => {
      const data = wide(10 + i, shape).map((value, j) => value + distance * along[i][j]);
      return [trainable[i], { shape, data }] as const;
    });
    const fixed = weights.map(({ shape }, i) => [`direction ${trainable[i]}`, { shape, data: along[i] }] as const);
    return interpret(program, { x, y, ...Object.fromEntries([...moved, ...fixed]) });
  }

  it('has the derivatives of differences in both orders', () => {
    const step = 1e-5;
    const [here, up, down] = [at(0), at(step), at(-step)];
    const slope = trainable.reduce(
      (sum, name, i) => sum + along[i].reduce((part, value, j) => part + value * here[`first ${name}`].data[j], 0),
      0,
    );
    expect(slope).toBeCloseTo((up.loss.data[0] - down.loss.data[0]) / (2 * step), 7);
    for (const name of trainable) {
      const [after, before] = [up[`first ${name}`].data, down[`first ${name}`].data];
      here[`product ${name}`].data.forEach((value, j) => {
        expect(value).toBeCloseTo((after[j] - before[j]) / (2 * step), 6);
      });
    }
  });
});
