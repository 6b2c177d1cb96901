/** What can be compared by name: criteria at initialization, for weights and channels, and pruning at convergence as a reference. */

import { comparedMethods, STRUCTURED_PREFIX } from '../protocol/catalogue/derive';
import type { MethodDefinition } from '../protocol/catalogue/types';
import { DENSE } from '../protocol/comparison';
import { UserError, usageError } from '../protocol/errors';
import { splitControl } from '../pruning';
import { type ChannelCriterion, channelCriteria, findChannelCriterion } from '../pruning/structured/criteria';
import { CATALOGUE, CONVERGENCE_METHODS } from './catalogue';
import { isDynamicMethod } from './dynamic';
import { findMethod } from './methods';

export type ConvergenceMethod = (typeof CONVERGENCE_METHODS)[number]['name'];

export function isConvergenceMethod(name: string): name is ConvergenceMethod {
  return CONVERGENCE_METHODS.some((method) => method.name === name);
}

const structuredNames: readonly string[] = channelCriteria.map(({ name }) => `${STRUCTURED_PREFIX}${name}`);

/** Whether the method removes whole channels and trains the smaller network that is left. */
export function isStructuredMethod(name: string): boolean {
  return structuredNames.includes(name);
}

/** The criterion by which a structured method scores channels. */
export function channelCriterionOf(name: string): ChannelCriterion {
  return findChannelCriterion(name.slice(STRUCTURED_PREFIX.length));
}

/** Names that `compare` and `sweep` take. */
export const methodNames: readonly string[] = comparedMethods(CATALOGUE).map(({ name }) => name);

/** @throws a usage error listing the known methods where `name` is none. */
export function checkMethod(name: string): void {
  const { method, control } = splitControl(name);
  const hasControls = ![isConvergenceMethod, isStructuredMethod, isDynamicMethod].some((isOther) => isOther(method));
  if (control !== undefined && !hasControls) {
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

/** What the catalogue says of a method, whatever its control. */
export function methodFacts(name: string): MethodDefinition {
  const { method } = splitControl(name);
  return comparedMethods(CATALOGUE).find((known) => known.name === method)!;
}

/** The method as shown to people. */
export function methodTitle(name: string): string {
  if (name === DENSE) return 'Dense';
  const compared = comparedMethods(CATALOGUE).find((method) => method.name === name);
  return compared?.title ?? findMethod(name).title;
}

/** Whether the method's scores are the same whatever sparsity is aimed at, so that one scoring serves all. */
export function scoresOnceForAllSparsities(name: string): boolean {
  if (isStructuredMethod(name)) return true;
  return !isConvergenceMethod(name) && !isDynamicMethod(name) && findMethod(name).aimsAtSparsity !== true;
}
