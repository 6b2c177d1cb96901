/** How a predictor and handcrafted scores order the weights of a run, against how long they survived. */
import type { Executor } from '../../executors/types';
import type { SurvivalAgreement } from '../../protocol/survival';
import { joined } from '../../pruning/ranks';
import { maskOverlap, rankCorrelation } from '../predictor/metrics';
import { predictScores } from '../predictor/score';
import type { Predictor } from '../predictor/types';
import type { SurvivalRun } from '../types';
import { snipScores } from './pictures';
import { samplePositions, valuesAt } from './sample';

/**
 * Agreement of AutoS with the truth of a run, and of magnitude and SNIP beside it. Overlaps are told at those sparsities
 * that the run has come to.
 */
export async function measureAgreement(
  executor: Executor,
  predictor: Predictor,
  run: SurvivalRun,
  sparsities: readonly number[],
  signal?: AbortSignal,
): Promise<readonly SurvivalAgreement[]> {
  const survived = joined(run.layers.map((layer) => layer.survived));
  const positions = samplePositions(survived.length);
  const truth = valuesAt(positions, [survived]);
  const reached = sparsities.filter((sparsity) => sparsity <= run.settings.finalSparsity);
  const choice = { exact: false, ...(signal && { signal }) };
  const rankings = [
    { method: 'autos', title: 'AutoS', layers: await predictScores(executor, predictor, run.layers, choice) },
    { method: 'magnitude', title: 'Magnitude', layers: run.layers.map(({ initial }) => initial.map(Math.abs)) },
    { method: 'snip', title: 'SNIP', layers: snipScores(run) },
  ];
  return rankings.map(({ method, title, layers }) => {
    const scores = joined(layers);
    return {
      method,
      title,
      rankCorrelation: rankCorrelation(valuesAt(positions, [scores]), truth),
      overlaps: reached.map((sparsity) => ({ sparsity, overlap: maskOverlap(survived, scores, sparsity) })),
    };
  });
}
