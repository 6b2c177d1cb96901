import type { Executable } from '../executors/types';
import { gradient } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { declareParameters } from '../models/parameters';
import { isStatistic, type Network } from '../models/types';
import type { OptionDefinition, PresetDefinition } from '../protocol/catalogue/types';
import { scoresOf } from './gradients';
import { namedOutputs, nodesOf } from './loss';
import { onesInput } from './ones';
import { optionValue, SHARED_OPTIONS } from './options';
import { createScaledBuilder } from './scaled';
import { masksAfterRound, sparsityAfterRound } from './schedule';
import { applyMasks, countsOfHighest, selectMasks } from './selection';
import { breathe, disposeAll, readAll, runWith, uploadWeights } from './tensors';
import type { Criterion, Masks, Scores, ScoringContext, Weights } from './types';

/** Of the largest number that float32 holds, with room for a sum. */
const LARGEST_LOGARITHM = 80;

const iterations = { ...SHARED_OPTIONS.iterations, default: 100 };

const rounding = {
  name: 'rounding',
  type: 'choice',
  choices: ['nearest', 'truncate'],
  default: 'nearest',
  scope: 'scoring',
  setting: 'scoring.rounding',
  text: 'how each round makes a whole number of the weights that go: the nearest, or without its fraction',
} as const satisfies OptionDefinition;

const presets: readonly PresetDefinition[] = [
  {
    name: 'released',
    text:
      "The authors' code: 100 rounds, each of which cuts the fraction off the number of weights that go. Of trained networks it takes the " +
      'absolute values of their statistics, too; here normalizations only scale. The two are the same at initialization.',
    options: { iterations: 100, rounding: 'truncate' },
  },
];

/** Name of the output that holds the logarithm of what all derivatives were divided by. */
const LOG_SCALE = 'log scale';

/**
 * dR/dw of R = sum of the logits for one example of ones, at the parameters the program is given. Scaled, all of them are divided
 * by one number, and so no value leaves the range of float32.
 */
function flowProgram(network: Network, names: readonly string[], isScaled: boolean): Program {
  const b = createBuilder();
  const scaled = isScaled ? createScaledBuilder(b) : undefined;
  const parameters = declareParameters(b, network);
  const ones = onesInput(scaled ?? b, network, new Set(nodesOf(parameters, names)));
  const { logits } = network.apply(ones.b, ones.inputs, parameters, 'flow');
  const gradients = gradient(b, b.reduceSum(logits), nodesOf(parameters, names));
  return createProgram('synaptic flow', {
    ...namedOutputs('', names, gradients),
    ...(scaled && { [LOG_SCALE]: scaled.logScaleOf(logits) }),
  });
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

/** What scores are multiplied by, so that they are those of the network where float32 can hold them, and 1 where it cannot. */
function factorOf(logScale: number, largest: number): number {
  const fits =
    logScale + Math.log(Math.max(largest, Number.MIN_VALUE)) < LARGEST_LOGARITHM && logScale > -LARGEST_LOGARITHM;
  return fits ? Math.exp(logScale) : 1;
}

async function flow(context: ScoringContext, executable: Executable, weights: Weights): Promise<Scores> {
  const { network, executor } = context;
  const inputs = uploadWeights(executor, network, weights);
  try {
    const gradients = await readAll(await runWith(executable, inputs));
    const logScale = gradients.get(LOG_SCALE)?.[0] ?? 0;
    const scores = scoresOf({ weights, prunable: context.prunable }, (weight, name, i) =>
      Math.abs(weight * gradients.get(name)![i]),
    );
    const factor = factorOf(logScale, largestOf(scores));
    return factor === 1
      ? scores
      : new Map([...scores].map(([name, values]) => [name, values.map((one) => one * factor)]));
  } finally {
    disposeAll(inputs);
  }
}

function largestOf(scores: Scores): number {
  let largest = 0;
  for (const values of scores.values()) for (const value of values) largest = Math.max(largest, value);
  return largest;
}

/** Whether float32 was enough: nothing is infinite, and something reaches every layer. */
function isInRange(scores: Scores): boolean {
  return [...scores.values()].every((values) => values.every(Number.isFinite) && values.some((value) => value > 0));
}

/** Flows, by the network as it is while its values are in range, and with scales from then on: those cost time. */
function createRuns(context: ScoringContext) {
  const { network, executor, prunable } = context;
  let compiled: { readonly isScaled: boolean; readonly executable: Executable } | undefined;
  const compile = async (isScaled: boolean): Promise<Executable> => {
    if (compiled?.isScaled === isScaled) return compiled.executable;
    await compiled?.executable.dispose();
    compiled = undefined;
    const executable = await executor.compile(flowProgram(network, prunable, isScaled));
    compiled = { isScaled, executable };
    return executable;
  };
  return {
    async flow(weights: Weights): Promise<Scores> {
      if (compiled?.isScaled) return flow(context, compiled.executable, weights);
      const scores = await flow(context, await compile(false), weights);
      return isInRange(scores) ? scores : flow(context, await compile(true), weights);
    },
    dispose: async () => compiled?.executable.dispose(),
  };
}

/**
 * SynFlow (Tanaka et al. 2020, equation 2 and algorithm 1): |dR/dw * w| with R the sum of the outputs of the network
 * whose weights are their absolute values, for an example of ones. `iterations` rounds (100), each pruning what is left to
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
  options: [iterations, rounding],
  presets,
  score: async (context) => {
    const { network, options, signal } = context;
    const rounds = optionValue(options, iterations);
    // Layer ratios make whole numbers of their own.
    const isTruncated = !context.countsAt && optionValue(options, rounding) === 'truncate';
    const positive = positiveWeights(network, context.weights);
    const runs = createRuns(context);
    try {
      let masks: Masks = new Map();
      for (let round = 1; ; round++) {
        await breathe(signal);
        const scores = markRemoved(await runs.flow(applyMasks(positive, masks)), masks);
        context.onProgress?.(round, rounds);
        const sparsity = sparsityAfterRound(options.sparsity, round, rounds);
        const kept = isTruncated ? countsOfHighest(scores, truncatedCount(scores, sparsity)) : undefined;
        if (round === rounds) return { scores, ...(kept && { kept }) };
        masks = kept ? selectMasks({ scores, kept }, { sparsity }) : masksAfterRound(context, scores, round, rounds);
      }
    } finally {
      await runs.dispose();
    }
  },
};

/** How many stay where the number of those that go loses its fraction. */
function truncatedCount(scores: Scores, sparsity: number): number {
  const total = [...scores.values()].reduce((sum, { length }) => sum + length, 0);
  return total - Math.trunc(sparsity * total);
}

/** Scores with -1 for weights that are gone, so that they stay below those that merely carry no flow. */
export function markRemoved(scores: Scores, masks: Masks): Scores {
  return new Map(
    [...scores].map(([name, values]) => {
      const mask = masks.get(name);
      return [name, mask ? values.map((value, i) => (mask[i] ? value : -1)) : values];
    }),
  );
}
