/** Weight penalties: `l1 * sum |w| + l2 * sum w²`, Keras's L1, L2 and L1L2. */
import type { Builder } from '../../../graph/builder';
import { scale, square } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import type { Fail } from '../../../models/failure';
import type { ConfigValue } from '../description';
import { normalizeIdentifier } from './config';

export interface Regularizer {
  readonly l1: number;
  readonly l2: number;
}

/** Keras's factor where a regularizer is named without one (`kernelRegularizer: 'l2'`). */
const DEFAULT_FACTOR = 0.01;

/** Which factors a regularizer has when its configuration does not give them. */
const defaults: { readonly [identifier: string]: Regularizer } = {
  l1: { l1: DEFAULT_FACTOR, l2: 0 },
  l2: { l1: 0, l2: DEFAULT_FACTOR },
  l1l2: { l1: 0, l2: 0 },
};

/** Reads a regularizer: absent, a name, or `{ className, config }`. An unknown one ends in `fail`. */
export function resolveRegularizer(identifier: ConfigValue | undefined, fail: Fail): Regularizer | undefined {
  if (identifier === undefined || identifier === null) return undefined;
  if (typeof identifier === 'string') {
    const name = normalizeIdentifier(identifier);
    // By name, l1l2 has both factors; as a class it has neither unless they are given.
    const named = name === 'l1l2' ? { l1: DEFAULT_FACTOR, l2: DEFAULT_FACTOR } : defaults[name];
    return named ?? fail(`the regularizer ${identifier} is not known; supported are l1, l2 and l1l2.`);
  }
  if (typeof identifier !== 'object' || Array.isArray(identifier) || typeof identifier.className !== 'string') {
    return fail(`the regularizer ${JSON.stringify(identifier)} is not understood.`);
  }
  const initial = defaults[normalizeIdentifier(identifier.className)];
  if (!initial) return fail(`the regularizer ${identifier.className} is not known; supported are L1, L2 and L1L2.`);
  const { l1, l2 } = { ...initial, ...(identifier.config as object) } as { l1?: unknown; l2?: unknown };
  if (typeof l1 !== 'number' || typeof l2 !== 'number') {
    return fail(`the factors of the regularizer ${identifier.className} must be numbers.`);
  }
  return l1 === 0 && l2 === 0 ? undefined : { l1, l2 };
}

/** The penalty of one tensor, a scalar. */
export function penalty(b: Builder, { l1, l2 }: Regularizer, weight: Node): Node {
  const absolute = scale(b, b.reduceSum(b.abs(weight)), l1);
  const squared = scale(b, b.reduceSum(square(b, weight)), l2);
  return b.add(absolute, squared);
}
