/** Masks on their way to another compute process: those of a score at a sparsity, in a file. */
import type { MasksOfScore } from '../../protocol/worker';
import { type ShapedMask, writeMasksFile } from '../../runs/masks';
import { masksOf } from '../scores/cutoffs';
import type { CallContext, CallHandler } from '../session';

/** The masks of a score, with the method that made them. @throws UnknownScoreError */
export function masksOfScore(
  { scoreId, sparsity, minPerLayer }: MasksOfScore,
  { session: { scores } }: CallContext,
): { readonly masks: readonly ShapedMask[]; readonly method: string } {
  const score = scores.get(scoreId);
  const shapes = new Map(score.summary.weights.map(({ name, shape }) => [name, shape]));
  const masks = masksOf(score.scores, scores.cutoffs(score, sparsity, minPerLayer));
  return {
    masks: [...masks].map(([name, mask]) => ({ name, shape: shapes.get(name)!, mask })),
    method: score.summary.method,
  };
}

export const writeMasks: CallHandler<'writeMasks'> = async ({ file, ...params }, context) => {
  const { masks, method } = masksOfScore(params, context);
  await writeMasksFile(file, masks);
  return { file, method, sparsity: params.sparsity };
};
