import type { Executable } from '../executors/types';
import { gradient } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { isStatistic, type Network } from '../models/types';
import { floatTensor, sizeOf } from '../protocol/tensor';
import { scoresOf } from './gradients';
import { namedOutputs, nodesOf } from './loss';
import { optionValue, SHARED_OPTIONS } from './options';
import { sparsityAfterRound } from './schedule';
import { applyMasks, selectMasks } from './selection';
import { breathe, disposeAll, readAll, runWith, uploadWeights } from './tensors';
import type { Criterion, Masks, Scores, ScoringContext, Weights } from './types';

const iterations = { ...SHARED_OPTIONS.iterations, default: 100 };

/** dR/dw of R = sum of the logits for one example of ones, at the parameters the program is given. */
function flowProgram(network: Network, names: readonly string[]): Program {
  const b = createBuilder();
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
  const { logits } = network.apply(b, b.input('x', [1, ...network.inputShape]), parameters, 'evaluate');
  const gradients = gradient(b, b.reduceSum(logits), nodesOf(parameters, names));
  return createProgram('synaptic flow', namedOutputs('', names, gradients));
}

/** |w| of every trainable parameter; moving means 0 and variances 1, so that batch norm only scales. */
function positiveWeights(network: Network, weights: Weights): Weights {
  return new Map(
    network.parameters.map((parameter) => {
      const { name, role } = parameter;
      const values = weights.get(name)!;
      if (isStatistic(parameter)) return [name, values.map(() => (role === 'moving-variance' ? 1 : 0))];
      return [name, values.map(Math.abs)];
    }),
  );
}

async function flow(context: ScoringContext, executable: Executable, weights: Weights): Promise<Scores> {
  const { network, executor } = context;
  const ones = new Float32Array(sizeOf(network.inputShape)).fill(1);
  const inputs = {
    ...uploadWeights(executor, network, weights),
    x: executor.upload(floatTensor([1, ...network.inputShape], ones)),
  };
  try {
    const gradients = await readAll(await runWith(executable, inputs));
    return scoresOf({ weights, prunable: context.prunable }, (weight, name, i) =>
      Math.abs(weight * gradients.get(name)![i]),
    );
  } finally {
    disposeAll(inputs);
  }
}

/**
 * SynFlow (Tanaka et al. 2020, equation 2 and algorithm 1): |dR/dw * w| with R the sum of the outputs of the network
 * with |w| for every parameter on an input of ones. Data-free. Repeated for `iterations` rounds (100), each pruning to
 * the density of an exponential schedule and scoring what is left; the last round's scores are the result, in which
 * weights removed in an earlier round have -1.
 */
export const synflow: Criterion = {
  name: 'synflow',
  title: 'SynFlow',
  description: 'Share of a weight in the flow of synaptic strength through the network, without data.',
  needsData: false,
  estimate: 'a gradient a round',
  aimsAtSparsity: true,
  options: [iterations],
  score: async (context) => {
    const { network, executor, options, prunable, signal } = context;
    const rounds = optionValue(options, iterations);
    const positive = positiveWeights(network, context.weights);
    const executable = await executor.compile(flowProgram(network, prunable));
    try {
      let masks: Masks = new Map();
      for (let round = 1; ; round++) {
        await breathe(signal);
        const flows = await flow(context, executable, applyMasks(positive, masks));
        const scores = markRemoved(flows, masks);
        context.onProgress?.(round, rounds);
        if (round === rounds) return { scores };
        masks = selectMasks({ scores }, { sparsity: sparsityAfterRound(options.sparsity, round, rounds) });
      }
    } finally {
      await executable.dispose();
    }
  },
};

/** Scores with -1 for weights that are gone, so that they stay below those that merely carry no flow. */
export function markRemoved(scores: Scores, masks: Masks): Scores {
  return new Map(
    [...scores].map(([name, values]) => {
      const mask = masks.get(name);
      return [name, mask ? values.map((value, i) => (mask[i] ? value : -1)) : values];
    }),
  );
}
