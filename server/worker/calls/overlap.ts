/** How much a score and another mask agree on what stays: intersection over union of their masks. */
import { usageError } from '../../protocol/errors';
import { isKept } from '../scores/cutoffs';
import { otherTensors } from '../scores/others';
import type { CutTensor } from '../scores/tiles';
import type { CallHandler } from '../session';

interface Shared {
  readonly both: number;
  readonly either: number;
  readonly otherKept: number;
}

function countShared({ scores: a, cutoff: cutA }: CutTensor, { scores: b, cutoff: cutB }: CutTensor): Shared {
  let both = 0;
  for (let i = 0; i < a.length; i++) if (isKept(a[i], i, cutA) && isKept(b[i], i, cutB)) both++;
  return { both, either: cutA.kept + cutB.kept - both, otherKept: cutB.kept };
}

/** Two empty masks are the same mask. */
function ratio({ both, either }: Pick<Shared, 'both' | 'either'>): number {
  return either === 0 ? 1 : both / either;
}

export const overlap: CallHandler<'overlap'> = async (params, { session }) => {
  const score = session.scores.get(params.scoreId);
  const others = await otherTensors(score, params, session);
  if (!others) throw usageError('Nothing is named to compare the score with.');
  const cutoffs = session.scores.cutoffs(score, params.sparsity, params.minPerLayer);
  const shared = Array.from(score.scores, ([name, scores]) => ({
    weight: name,
    ...countShared({ scores, cutoff: cutoffs.get(name)! }, others.get(name)!),
  }));
  const sum = (value: (one: Shared) => number) => shared.reduce((total, one) => total + value(one), 0);
  return {
    iou: ratio({ both: sum(({ both }) => both), either: sum(({ either }) => either) }),
    otherKept: sum(({ otherKept }) => otherKept),
    weights: shared.map((one) => ({ weight: one.weight, iou: ratio(one), otherKept: one.otherKept })),
  };
};
