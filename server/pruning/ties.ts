/** Layers of which a criterion has nothing to say: all their scores are one. */
import type { Scores, Weights } from './types';

const isConstant = (values: Float32Array): boolean => values.every((value) => value === values[0]);

function causeOf(score: number, weights: Float32Array | undefined): string {
  if (score === -1) return 'all were removed in earlier rounds';
  if (weights?.every((value) => value === 0)) return 'its weights are all 0 at initialization';
  if (weights && isConstant(weights)) return 'its weights are all the same at initialization';
  if (score === 0) return 'what it gives changes nothing at the output, as behind an activation that is saturated or 0';
  return 'the criterion does not tell them apart';
}

/** A sentence for each layer whose scores are all zero or tied, with the cause: which of its weights stay is then arbitrary. */
export function tiedScores(scores: Scores, weights: Weights): string[] {
  return [...scores].flatMap(([name, values]) => {
    if (values.length < 2 || !isConstant(values)) return [];
    return [`All scores of ${name} are ${values[0]}: ${causeOf(values[0], weights.get(name))}.`];
  });
}
