import type { Executable } from '../executors/types';
import { gradient } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { scale, square } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { declareInputs, drawExamples, inputTensors } from '../models/parameters';
import type { Network } from '../models/types';
import { floatTensor, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';
import { batchStatistics, type NoiseInput, noiseInputs, uploadNoise } from './batchStatistics';
import { accumulate } from './gradients';
import { namedOutputs } from './loss';
import { optionValue, SHARED_OPTIONS } from './options';
import { masksAfterRound } from './schedule';
import { markRemoved } from './synflow';
import { breathe, type DeviceTensors, disposeAll, readAll, runWith, uploadTensors, uploadWeights } from './tensors';
import type { Criterion, Masks, ScoringContext } from './types';

const iterations = { ...SHARED_OPTIONS.iterations, default: 20 };
const draws = { ...SHARED_OPTIONS.draws, default: 5 };
/** Standard deviation of the perturbation, as in the authors' code. */
const epsilon = 0.01;
/** Random inputs in a batch. */
const batchSize = 64;

/** d/dm of sum |f(z; m * t) - f(z; m * (t + epsilon xi))|², with statistics of the first network at z in both. */
export function perturbationProgram(network: Network, names: readonly string[], size: number): Program {
  const b = createBuilder();
  const inputs = declareInputs(b, network, size);
  const drawn = new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
  const masks = names.map((name) => b.input(`mask/${name}`, drawn.get(name)!.shape));
  const masked = names.map((name, i) => b.multiply(masks[i], drawn.get(name)!));
  const moved = names.map((name, i) => {
    const direction = b.input(`perturbation/${name}`, masks[i].shape);
    return b.multiply(masks[i], b.add(drawn.get(name)!, scale(b, direction, epsilon)));
  });

  const original = new Map([...drawn, ...names.map((name, i) => [name, masked[i]] as const)]);
  const statistics = Array.from(
    batchStatistics(b, network, inputs, original),
    ([name, node]) => [name, b.stopGradient(node)] as const,
  );
  const perturbed = new Map([...drawn, ...names.map((name, i) => [name, moved[i]] as const)]);
  const [first, second] = [original, perturbed].map(
    (parameters) => network.apply(b, inputs, new Map([...parameters, ...statistics]), 'evaluate').logits,
  );
  const distance = b.reduceSum(square(b, b.subtract(first, second)));
  return createProgram('perturbation', namedOutputs('', names, gradient(b, distance, masks)));
}

/** Everything random of one draw: weights as at another initialization, a direction, and Gaussian inputs or ids. */
export function drawPerturbation(
  { network, prunable, seed }: Pick<ScoringContext, 'network' | 'prunable' | 'seed'>,
  draw: number,
) {
  const random = createRandom(seed, 'pruning', 'ntk-sap', draw);
  const initialization = random.integer(2 ** 31);
  const gaussian = (length: number) => {
    const values = new Float32Array(length);
    random.fillNormal(values, 0, 1);
    return values;
  };
  return {
    weights: new Map(network.parameters.map(({ name, initialize }) => [name, initialize(initialization)])),
    directions: new Map(
      network.parameters
        .filter(({ name }) => prunable.includes(name))
        .map(({ name, shape }) => [name, gaussian(sizeOf(shape))]),
    ),
    examples: drawExamples(network, batchSize, random),
  };
}

/** The gradient by the mask that one draw gives. */
async function gradientOfDraw(
  context: ScoringContext,
  executable: Executable,
  noise: readonly NoiseInput[],
  masks: DeviceTensors,
  draw: number,
): Promise<Map<string, Float32Array>> {
  const { network, executor } = context;
  const { weights, directions, examples } = drawPerturbation(context, draw);
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const inputs: DeviceTensors = {
    ...uploadWeights(executor, network, weights),
    ...Object.fromEntries(
      Array.from(directions, ([name, values]) => [
        `perturbation/${name}`,
        executor.upload(floatTensor(shapes.get(name)!, values)),
      ]),
    ),
    ...uploadNoise(executor, noise),
    ...uploadTensors(executor, inputTensors(network, examples)),
  };
  try {
    return await readAll(await runWith(executable, inputs, masks));
  } finally {
    disposeAll(inputs);
  }
}

function uploadMasks({ network, executor, prunable }: ScoringContext, masks: Masks): DeviceTensors {
  return Object.fromEntries(
    network.parameters
      .filter(({ name }) => prunable.includes(name))
      .map(({ name, shape }) => {
        const mask = masks.get(name);
        const values = mask ? Float32Array.from(mask) : new Float32Array(sizeOf(shape)).fill(1);
        return [`mask/${name}`, executor.upload(floatTensor(shape, values))];
      }),
  );
}

/**
 * NTK-SAP (Wang et al. 2023, equation 8 and algorithm 1): |d/dm sum |f(z; m * t) - f(z; m * (t + epsilon xi))|²|, how
 * much a weight's place matters to the norm of the network's Jacobian, whatever the weight: inputs z, weights t and
 * directions xi are drawn anew each time. `iterations` rounds (20), each pruning to the density of an exponential
 * schedule, and `draws` in each (5); their gradients are added before the absolute value. Needs no data, and looks at no
 * weight's own value.
 */
export const ntkSap: Criterion = {
  name: 'ntk-sap',
  title: 'NTK-SAP',
  description: "Effect of removing a weight's place on the network's tangent kernel, for random weights and inputs.",
  needsData: false,
  aimsAtSparsity: true,
  // Batches of inputs are drawn; more of them are more draws.
  options: [iterations, draws, SHARED_OPTIONS.pruningBatches],
  score: async (context) => {
    const { network, executor, options, prunable } = context;
    const rounds = optionValue(options, iterations);
    const drawsInRound = optionValue(options, draws) * optionValue(options, SHARED_OPTIONS.pruningBatches);
    const noise = noiseInputs(network, batchSize);
    const executable = await executor.compile(perturbationProgram(network, prunable, batchSize));
    try {
      let masks: Masks = new Map();
      for (let round = 1; ; round++) {
        const gradients = new Map<string, Float32Array>();
        const uploaded = uploadMasks(context, masks);
        try {
          for (let draw = 0; draw < drawsInRound; draw++) {
            await breathe(context.signal);
            const number = (round - 1) * drawsInRound + draw;
            accumulate(gradients, await gradientOfDraw(context, executable, noise, uploaded, number), 1);
            context.onProgress?.(number + 1, rounds * drawsInRound);
          }
        } finally {
          disposeAll(uploaded);
        }
        const magnitudes = new Map(Array.from(gradients, ([name, values]) => [name, values.map(Math.abs)]));
        const scores = markRemoved(magnitudes, masks);
        if (round === rounds) return { scores };
        masks = masksAfterRound(context, scores, round, rounds);
      }
    } finally {
      await executable.dispose();
    }
  },
};
