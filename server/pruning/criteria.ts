/** Every criterion, in the order in which editors offer them. A new one is a file of its own and a line here. */
import { usageError } from '../protocol/errors';
import { splitControl, withControl } from './controls';
import { dpai } from './dpai';
import { fisherTaylor } from './fisherTaylor';
import { force, iterativeSnip } from './force';
import { grasp } from './grasp';
import { hutchinsonTaylor } from './hutchinsonTaylor';
import { magnitude } from './magnitude';
import { npb } from './npb';
import { ntkSap } from './ntkSap';
import { phew } from './phew';
import { prospr } from './prospr';
import { px } from './px';
import { random, randomErk } from './random';
import { snip } from './snip';
import { synflow } from './synflow';
import type { Criterion } from './types';

export const criteria: readonly Criterion[] = [
  prospr,
  snip,
  iterativeSnip,
  force,
  grasp,
  synflow,
  ntkSap,
  px,
  fisherTaylor,
  hutchinsonTaylor,
  phew,
  npb,
  dpai,
  magnitude,
  random,
  randomErk,
];

/**
 * The criterion of that name, which may end in a control, as in `snip+shuffle`.
 * @throws a usage error listing the known ones.
 */
export function findCriterion(name: string): Criterion {
  const { method, control } = splitControl(name);
  const found = criteria.find((criterion) => criterion.name === method);
  if (found) return withControl(found, control);
  throw usageError(
    `there is no method "${method}"`,
    `Known methods: ${criteria.map((known) => known.name).join(', ')}.`,
  );
}
