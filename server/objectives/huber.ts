import type { Builder } from '../graph/builder';
import { scale } from '../graph/compose';
import type { Node } from '../graph/types';
import { regressionObjective } from './regressionObjective';
import type { Objective } from './types';

const DEFAULT_DELTA = 1;

/**
 * r²/2 where |r| <= delta, else delta (|r| - delta/2): with c = r between -delta and delta, both are c (r - c/2).
 */
export function huberPenalty(b: Builder, r: Node, delta: number): Node {
  const bound = b.constant(-delta);
  const clipped = b.maximum(b.negate(b.maximum(b.negate(r), bound)), bound);
  return b.multiply(clipped, b.subtract(r, scale(b, clipped, 0.5)));
}

function huberOf(delta: number): Objective {
  return regressionObjective({
    name: 'huber',
    title: 'Huber loss',
    penalty: (b, r) => huberPenalty(b, r, delta),
    configure: { huberDelta: huberOf },
    suits: () => false,
  });
}

export const huber = huberOf(DEFAULT_DELTA);
