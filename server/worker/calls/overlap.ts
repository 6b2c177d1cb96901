/** How much two scores agree on what stays: intersection over union of their masks. */
import { usageError } from '../../protocol/errors';
import type { Scores } from '../../pruning';
import { type Cutoff, isKept } from '../scores/cutoffs';
import type { CallHandler } from '../session';

interface Shared {
  readonly both: number;
  readonly either: number;
}

function countShared(a: Float32Array, cutA: Cutoff, b: Float32Array, cutB: Cutoff): Shared {
  let both = 0;
  for (let i = 0; i < a.length; i++) if (isKept(a[i], i, cutA) && isKept(b[i], i, cutB)) both++;
  return { both, either: cutA.kept + cutB.kept - both };
}

/** Two empty masks are the same mask. */
function ratio({ both, either }: Shared): number {
  return either === 0 ? 1 : both / either;
}

function checkSameTensors(a: Scores, b: Scores): void {
  const sizes = (scores: Scores) => [...scores].map(([name, values]) => `${name} ${values.length}`).join();
  if (sizes(a) !== sizes(b)) {
    throw usageError(
      'The two scores are of different weights, so their masks cannot be compared.',
      'Score both again.',
    );
  }
}

export const overlap: CallHandler<'overlap'> = (params, { session: { scores } }) => {
  const { sparsity, minPerLayer } = params;
  const a = scores.get(params.scoreId);
  const b = scores.get(params.otherScoreId);
  checkSameTensors(a.scores, b.scores);
  const cutsA = scores.cutoffs(a, sparsity, minPerLayer);
  const cutsB = scores.cutoffs(b, sparsity, minPerLayer);
  const shared = Array.from(a.scores, ([name, values]) => ({
    weight: name,
    ...countShared(values, cutsA.get(name)!, b.scores.get(name)!, cutsB.get(name)!),
  }));
  const sum = (value: (one: Shared) => number) => shared.reduce((total, one) => total + value(one), 0);
  return {
    iou: ratio({ both: sum(({ both }) => both), either: sum(({ either }) => either) }),
    weights: shared.map((one) => ({ weight: one.weight, iou: ratio(one) })),
  };
};
