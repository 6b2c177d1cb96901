/** Every criterion, by name. A new one is a file of its own and a line here. */
import { usageError } from '../protocol/errors';
import { force, iterativeSnip } from './force';
import { grasp } from './grasp';
import { magnitude } from './magnitude';
import { prospr } from './prospr';
import { random, randomErk } from './random';
import { snip } from './snip';
import { synflow } from './synflow';
import type { Criterion } from './types';

export const criteria: readonly Criterion[] = [
  random,
  randomErk,
  magnitude,
  snip,
  iterativeSnip,
  grasp,
  synflow,
  force,
  prospr,
];

/**
 * The criterion of that name.
 * @throws a usage error listing the known ones.
 */
export function findCriterion(name: string): Criterion {
  const found = criteria.find((criterion) => criterion.name === name);
  if (found) return found;
  throw usageError(`there is no method "${name}"`, `Known methods: ${criteria.map((known) => known.name).join(', ')}.`);
}
