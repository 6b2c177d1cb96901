/**
 * Density after each round of an iterative criterion: density^(round/rounds), the exponential schedule of SynFlow
 * (Tanaka et al. 2020, algorithm 1) and FORCE (de Jorge et al. 2021, equation 8).
 * @param round 1 … rounds; the last one reaches 1 - sparsity exactly.
 */
export function sparsityAfterRound(sparsity: number, round: number, rounds: number): number {
  return round === rounds ? sparsity : 1 - (1 - sparsity) ** (round / rounds);
}
