/** A tile of the heatmap. */
import { usageError } from '../../protocol/errors';
import { matrixExtents, type TileRequest } from '../../protocol/results';
import { parameterOf, type ScoreStore, type StoredScore } from '../scores/store';
import { type CutTensor, createTile, isInside } from '../scores/tiles';
import type { CallHandler } from '../session';

function cut(store: ScoreStore, score: StoredScore, { weight, sparsity, minPerLayer }: TileRequest): CutTensor {
  const cutoff = store.cutoffs(score, sparsity, minPerLayer).get(weight)!;
  return { scores: score.scores.get(weight)!, cutoff };
}

export const tile: CallHandler<'tile'> = (request, { session: { scores } }) => {
  const score = scores.get(request.scoreId);
  const { shape, name } = parameterOf(score, request.weight);
  if (!isInside(shape, request)) {
    const { rows, columns } = matrixExtents(shape);
    throw usageError(`The tile is not inside the ${rows} x ${columns} matrix of ${name}.`);
  }
  const own = cut(scores, score, request);
  if (request.otherScoreId === undefined) return createTile(shape, request, own);
  const other = scores.get(request.otherScoreId);
  if (parameterOf(other, request.weight).shape.join() !== shape.join()) {
    throw usageError(`${name} has another shape in the score that it is compared with.`, 'Score both again.');
  }
  return createTile(shape, request, own, cut(scores, other, request));
};
