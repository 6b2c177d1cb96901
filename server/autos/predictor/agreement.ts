/** How a network's predictions agree with the survivals of whole runs. */
import type { DeviceState } from '../../training/state';
import type { Evaluator } from './evaluate';
import { maskOverlap, meanSquaredError, rankCorrelation } from './metrics';
import type { Samples } from './samples';
import type { Agreement } from './types';

/** The sparsity at which the overlap of predicted and true survivors is told. */
const OVERLAP_SPARSITY = 0.98;

/** Mean agreement over runs of a network's scores. */
export async function measureAgreement(
  evaluator: Evaluator,
  state: DeviceState,
  samples: readonly Samples[],
): Promise<Agreement> {
  const found: Agreement[] = [];
  for (const { features, targets } of samples) {
    const predicted = await evaluator.evaluate(state, features);
    found.push({
      rankCorrelation: rankCorrelation(predicted, targets),
      error: meanSquaredError(predicted, targets),
      overlap: maskOverlap(targets, predicted, OVERLAP_SPARSITY),
    });
  }
  const mean = (key: keyof Agreement) => found.reduce((sum, one) => sum + one[key], 0) / found.length;
  return { rankCorrelation: mean('rankCorrelation'), error: mean('error'), overlap: mean('overlap') };
}
