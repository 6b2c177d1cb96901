/** One weight, for a tooltip. */
import { usageError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import { isKept } from '../scores/cutoffs';
import { parameterOf } from '../scores/store';
import type { CallHandler } from '../session';

/** Indices per axis of a row-major position. */
function unravel(index: number, shape: Shape): number[] {
  const at = new Array<number>(shape.length);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return at;
}

export const weight: CallHandler<'weight'> = (params, { session }) => {
  const { scoreId, weight: name, index, sparsity, minPerLayer } = params;
  const score = session.scores.get(scoreId);
  const { shape } = parameterOf(score, name);
  const values = score.scores.get(name)!;
  if (!Number.isSafeInteger(index) || index < 0 || index >= values.length) {
    throw usageError(`${name} has no weight ${index}: it has ${values.length}.`);
  }
  return {
    at: unravel(index, shape),
    score: values[index],
    initial: score.weights.get(name)![index],
    kept: isKept(values[index], index, session.scores.cutoffs(score, sparsity, minPerLayer).get(name)!),
  };
};
