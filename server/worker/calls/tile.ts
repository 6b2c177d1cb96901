/** A tile of the heatmap. */
import { usageError } from '../../protocol/errors';
import { matrixExtents } from '../../protocol/results';
import { otherTensors } from '../scores/others';
import { parameterOf } from '../scores/store';
import { createTile, isInside } from '../scores/tiles';
import type { CallHandler } from '../session';

export const tile: CallHandler<'tile'> = async (request, { session }) => {
  const { weight, sparsity, minPerLayer } = request;
  const score = session.scores.get(request.scoreId);
  const { shape, name } = parameterOf(score, weight);
  if (!isInside(shape, request)) {
    const { rows, columns } = matrixExtents(shape);
    throw usageError(`The tile is not inside the ${rows} x ${columns} matrix of ${name}.`);
  }
  const cutoff = session.scores.cutoffs(score, sparsity, minPerLayer).get(weight)!;
  const others = await otherTensors(score, request, session);
  return createTile(shape, request, { scores: score.scores.get(weight)!, cutoff }, others?.get(weight));
};
