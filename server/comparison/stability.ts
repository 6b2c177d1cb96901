/** Stability of the masks of a comparison: measured where it is asked for, or costs little beside the training. */
import type { Saliency } from '../pruning';
import type { TrainingRequest } from '../request/types';

/** Scores, with what they cost. */
export interface CountedSaliency extends Saliency {
  /** Parts that the scoring counts its work in: gradients of a batch, or about that. */
  readonly units: number;
}

/** Two scorings more may take this part of the training. */
const MOST_SHARE = 1 / 5;

/** A product with the Hessian, the dearest unit, in gradients. */
const GRADIENTS_A_UNIT = 3;

/** Examples of a unit of criteria without data: most use one, none more. */
const EXAMPLES_WITHOUT_DATA = 64;

/** Scores that count their work; `score` is given what hears of its progress. */
export async function counted(
  score: (onProgress: (done: number, total: number) => void) => Promise<Saliency>,
): Promise<CountedSaliency> {
  let units = 0;
  const saliency = await score((_done, total) => {
    units = total;
  });
  return { ...saliency, units };
}

/**
 * Whether scoring twice more costs under a fifth of the training, by the examples that are differentiated for: the same on every
 * machine, so that a comparison that is repeated or resumed measures the same runs.
 */
export function isCheap(
  units: number,
  needsData: boolean,
  { scoring, training }: Pick<TrainingRequest, 'scoring' | 'training'>,
  trainExamples: number,
): boolean {
  const examples = needsData ? scoring.batchSize : EXAMPLES_WITHOUT_DATA;
  return 2 * units * GRADIENTS_A_UNIT * examples < MOST_SHARE * training.epochs * trainExamples;
}
