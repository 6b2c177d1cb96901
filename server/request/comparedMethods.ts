/** What can be compared by name: criteria at initialization, for weights and channels, and pruning at convergence as a reference. */

import { DENSE } from '../protocol/comparison';
import { UserError, usageError } from '../protocol/errors';
import { splitControl } from '../pruning';
import { type ChannelCriterion, channelCriteria, findChannelCriterion } from '../pruning/structured';
import { findMethod, methods } from './methods';

/** Methods that train the network before they prune it. */
const CONVERGENCE_TITLES = {
  'magnitude-after-training': 'Magnitude after training',
  'lottery-ticket': 'Lottery ticket',
} as const;

export type ConvergenceMethod = keyof typeof CONVERGENCE_TITLES;

export function isConvergenceMethod(name: string): name is ConvergenceMethod {
  return Object.hasOwn(CONVERGENCE_TITLES, name);
}

/** Begins the names of methods that remove whole channels; the name of a criterion for channels follows. */
const STRUCTURED = 'structured-';

const structuredNames: readonly string[] = channelCriteria.map(({ name }) => `${STRUCTURED}${name}`);

/** Whether the method removes whole channels and trains the smaller network that is left. */
export function isStructuredMethod(name: string): boolean {
  return structuredNames.includes(name);
}

/** The criterion by which a structured method scores channels. */
export function channelCriterionOf(name: string): ChannelCriterion {
  return findChannelCriterion(name.slice(STRUCTURED.length));
}

/** Names that `compare` and `sweep` take. */
export const methodNames: readonly string[] = [
  ...methods.map(({ name }) => name),
  ...structuredNames,
  ...Object.keys(CONVERGENCE_TITLES),
];

/** @throws a usage error listing the known methods where `name` is none. */
export function checkMethod(name: string): void {
  const { method, control } = splitControl(name);
  if (control !== undefined && (isConvergenceMethod(method) || isStructuredMethod(method))) {
    throw usageError(
      `${methodTitle(method)} has no control`,
      'Controls are for methods that prune single weights at initialization.',
    );
  }
  if (methodNames.includes(method)) return;
  throw usageError(`there is no method "${method}"`, `Known methods: ${methodNames.join(', ')}.`);
}

/** Whether `checkMethod` accepts the name. */
export function isMethod(name: string): boolean {
  try {
    checkMethod(name);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** The method as shown to people. */
export function methodTitle(name: string): string {
  if (name === DENSE) return 'Dense';
  if (isStructuredMethod(name)) return `${channelCriterionOf(name).title} (channels)`;
  return isConvergenceMethod(name) ? CONVERGENCE_TITLES[name] : findMethod(name).title;
}

/** Whether the method's scores are the same whatever sparsity is aimed at, so that one scoring serves all. */
export function scoresOnceForAllSparsities(name: string): boolean {
  if (isStructuredMethod(name)) return true;
  return !isConvergenceMethod(name) && findMethod(name).aimsAtSparsity !== true;
}
