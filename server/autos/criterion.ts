import type { OptionGroup } from '../protocol/catalogue/types';
import { UserError } from '../protocol/errors';
import { meanGradient } from '../pruning/gradients';
import { optionValue, SHARED_OPTIONS } from '../pruning/options';
import { breathe } from '../pruning/tensors';
import type { Criterion, ScoringContext } from '../pruning/types';
import type { FeatureSource } from './predictor/features';
import { shippedPredictor } from './shipped/locate';

/** Batches for the gradient: with 128 examples each, 512 in all. */
const pruningBatches = { ...SHARED_OPTIONS.pruningBatches, default: 4 };

/** Which predictor, and how it is evaluated: what `createAutos` takes. */
export const AUTOS_OPTIONS = {
  predictor: {
    name: 'predictor',
    type: 'text',
    scope: 'method',
    setting: 'predictor',
    // Its path would have to be one from the sweep's folder.
    inSweeps: false,
    placeholder: 'file',
    text: 'the predictor that `prunelens autos learn` has written, instead of the one that ships with PruneLens',
  },
  exactPredictor: {
    name: 'exact-predictor',
    type: 'boolean',
    scope: 'method',
    // Its scores differ by the rounding of the table.
    inSweeps: false,
    text: "run the predictor's network for every weight, not its table",
  },
} as const satisfies OptionGroup;

export interface AutosOptions {
  /** File of the predictor; the shipped one where it is absent. */
  readonly predictor?: string;
  /** Evaluate the predictor's network for every weight, instead of its table. */
  readonly exact?: boolean;
}

/** Values that are NaN or infinite would become scores that look like any other. */
function checkFinite(name: string, what: string, values: Float32Array): Float32Array {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return values;
  throw new UserError(`the ${what} of ${name}[${index}] is ${values[index]}`, {
    hint: 'Check the data for NaN, and the initial weights.',
  });
}

async function sources(context: ScoringContext): Promise<FeatureSource[]> {
  const { network, prunable, weights, options, givenBatches, onProgress } = context;
  const batches = givenBatches ?? (await context.batches(optionValue(options, pruningBatches)));
  let done = 0;
  const gradients = await meanGradient(context, weights, batches, () => onProgress?.(++done, batches.length + 1));
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  return prunable.map((name) => ({
    shape: shapes.get(name)!,
    initial: checkFinite(name, 'initial value', weights.get(name)!),
    gradient: checkFinite(name, 'gradient', gradients.get(name)!),
  }));
}

/**
 * AutoS (Liu et al. 2024): a network that has learned from iterative rewind pruning how long a weight with this initial
 * value and this gradient survives. The highest predictions are kept, over all layers.
 */
export function createAutos({ predictor: file, exact = false }: AutosOptions = {}): Criterion {
  return {
    name: 'autos',
    title: 'AutoS',
    description: 'Learned: how many rounds of iterative pruning a weight with this value and gradient survives.',
    needsData: true,
    estimate: 'four gradients and the learned predictor',
    options: [...Object.values(AUTOS_OPTIONS), pruningBatches],
    score: async (context) => {
      const { executor, prunable, signal, onProgress } = context;
      // Loaded when it scores, so that a command that only tells of it starts fast.
      const { readPredictor } = await import('./predictor/file');
      const { predictScores } = await import('./predictor/score');
      const predictor = await readPredictor(file ?? shippedPredictor());
      const layers = await sources(context);
      await breathe(signal);
      const scores = await predictScores(executor, predictor, layers, { exact, ...(signal && { signal }) });
      onProgress?.(1, 1);
      return { scores: new Map(prunable.map((name, i) => [name, scores[i]])) };
    },
  };
}
