import { floatTensor } from '../protocol/tensor';
import { createRandom } from '../random';
import { forEachBatch, summedBatchProgram } from './batchPrograms';
import { accumulate, freeBatches, hessianGraph, meanGradient, scoresOf } from './gradients';
import { optionValue, SHARED_OPTIONS } from './options';
import { breathe, type DeviceTensors, disposeAll, readAll, uploadWeights } from './tensors';
import type { Criterion, ScoringContext } from './types';

/** Probes of each batch. */
const draws = { ...SHARED_OPTIONS.draws, default: 10 };

/**
 * Hutchinson-Taylor sensitivity (Gollini Navarrete et al. 2025, version 2): |w g + w² h / 2|, the change of the loss to
 * second order when a weight is removed. h estimates the Hessian's diagonal as the mean of v * Hv over probes v of
 * random signs, drawn anew for each batch; g and H are those of the loss over the prunable weights, with the logits
 * divided by a temperature (200 in the authors' code).
 */
export const hutchinsonTaylor: Criterion = {
  name: 'hutchinson-taylor',
  title: 'Hutchinson-Taylor',
  description: "Effect of removing a weight on the loss to second order, with probes of the Hessian's diagonal.",
  needsData: true,
  usesStatistics: true,
  options: [SHARED_OPTIONS.temperature, draws, SHARED_OPTIONS.pruningBatches],
  score: async (context) => {
    const batches = await freeBatches(context);
    const probes = optionValue(context.options, draws);
    const temperature = optionValue(context.options, SHARED_OPTIONS.temperature);
    let done = 0;
    const advance = () => context.onProgress?.(++done, batches.length * (1 + probes));
    const gradients = await meanGradient(context, context.weights, batches, advance, temperature);

    const diagonal = new Map<string, Float32Array>();
    const weights = uploadWeights(context.executor, context.network, context.weights);
    const program = summedBatchProgram(context, (size) => hessianGraph(context, size, temperature));
    let draw = 0;
    try {
      await forEachBatch(context, program, batches, async (batch) => {
        for (let probe = 0; probe < probes; probe++) {
          const signs = rademacher(context, draw++);
          const directions = uploadDirections(context, signs);
          try {
            const products = await readAll(await batch.run(weights, directions));
            accumulate(diagonal, multiply(signs, products), 1 / (batches.length * probes));
          } finally {
            disposeAll(directions);
          }
          advance();
          await breathe(context.signal);
        }
      });
    } finally {
      disposeAll(weights);
      await program.dispose();
    }
    return {
      scores: scoresOf(context, (weight, name, i) =>
        Math.abs(weight * gradients.get(name)![i] + (weight ** 2 * diagonal.get(name)![i]) / 2),
      ),
    };
  },
};

/** Random signs for each prunable weight: probe `draw`, the same for the same seed. */
export function rademacher(
  { weights, prunable, seed }: Pick<ScoringContext, 'weights' | 'prunable' | 'seed'>,
  draw: number,
): Map<string, Float32Array> {
  return new Map(
    prunable.map((name) => {
      const random = createRandom(seed, 'pruning', 'hutchinson', draw, name);
      return [name, Float32Array.from(weights.get(name)!, () => (random.uniform() < 0.5 ? -1 : 1))];
    }),
  );
}

function multiply(
  left: ReadonlyMap<string, Float32Array>,
  right: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  return new Map(Array.from(left, ([name, values]) => [name, values.map((value, i) => value * right.get(name)![i])]));
}

function uploadDirections(
  { network, executor }: ScoringContext,
  directions: ReadonlyMap<string, Float32Array>,
): DeviceTensors {
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  return Object.fromEntries(
    Array.from(directions, ([name, values]) => [
      `direction/${name}`,
      executor.upload(floatTensor(shapes.get(name)!, values)),
    ]),
  );
}
