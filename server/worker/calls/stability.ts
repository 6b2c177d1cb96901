/** Scores again what a score in memory was made of, with a little changed, and tells how much of its mask stays. */
import { comparedSparsity } from '../../pruning';
import type { CallHandler } from '../session';

export const stability: CallHandler<'stability'> = async ({ scoreId, ...params }, context) => {
  const { session, signal, report } = context;
  const score = session.scores.get(scoreId);
  const sparsity = comparedSparsity(params);
  const { minPerLayer = score.minPerLayer } = params;
  return { sparsity, ...(await score.measureStability({ sparsity, minPerLayer, signal, report })) };
};
