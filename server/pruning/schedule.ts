import { selectMasks } from './selection';
import type { Masks, Scores, ScoringContext } from './types';

/**
 * Density after each round of an iterative criterion: density^(round/rounds), the exponential schedule of SynFlow
 * (Tanaka et al. 2020, algorithm 1) and FORCE (de Jorge et al. 2021, equation 8).
 * @param round 1 … rounds; the last one reaches 1 - sparsity exactly.
 */
export function sparsityAfterRound(sparsity: number, round: number, rounds: number): number {
  return round === rounds ? sparsity : 1 - (1 - sparsity) ** (round / rounds);
}

/** Masks after a round of a criterion that aims at the sparsity of its options, with what layer ratios give each layer. */
export function masksAfterRound(
  { options, countsAt }: Pick<ScoringContext, 'options' | 'countsAt'>,
  scores: Scores,
  round: number,
  rounds: number,
): Masks {
  const sparsity = sparsityAfterRound(options.sparsity, round, rounds);
  return selectMasks({ scores, ...(countsAt && { countsAt }) }, { sparsity });
}
