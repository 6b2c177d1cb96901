/** Methods that change masks while they train: from what is asked for to how the training goes about it. */
import { usageError } from '../protocol/errors';
import { DYNAMIC_RULES, type DynamicConfig, type DynamicMethod } from '../training/dynamic/plan';
import { DYNAMIC_METHODS } from './catalogue';
import { findMethod } from './methods';
import type { DynamicChoice, SelectionChoice, TrainingRequest } from './types';

export function isDynamicMethod(name: string): name is DynamicMethod {
  return Object.hasOwn(DYNAMIC_RULES, name);
}

/** `erk` is the name of the ratio; the criterion that has it by chance has another. */
const ERK = 'erk';

/**
 * The criterion by which a method makes its initial mask; undefined where it begins with the dense network.
 *
 * @throws UserError (usage) where the name is none.
 */
export function initialCriterion(
  method: DynamicMethod,
  { initialMask }: Pick<DynamicChoice, 'initialMask'>,
): string | undefined {
  const name = initialMask ?? (defaultOf(method, 'initial-mask') as string | undefined);
  if (method === 'gmp' || name === undefined) return undefined;
  const criterion = name === ERK ? 'random-erk' : name;
  findMethod(criterion);
  return criterion;
}

/** The sparsity of the initial mask. */
export function initialSparsity(method: DynamicMethod, choice: DynamicChoice, sparsity: number): number {
  if (!DYNAMIC_RULES[method].prunes) return sparsity;
  if (method === 'gmp') return 0;
  return Math.min(sparsity, choice.initialSparsity ?? (defaultOf(method, 'initial-sparsity') as number));
}

/** The default that a method declares for an option. */
function defaultOf(method: DynamicMethod, option: string): unknown {
  const declared = DYNAMIC_METHODS.find(({ name }) => name === method)!.options.find(({ name }) => name === option);
  return declared && 'default' in declared ? declared.default : undefined;
}

/** How a training changes its masks on the way to `sparsity`. */
export function dynamicConfig(
  method: DynamicMethod,
  { dynamic, selection }: { readonly dynamic: DynamicChoice; readonly selection: SelectionChoice },
  sparsity: number,
): DynamicConfig {
  const { prunes, grows } = DYNAMIC_RULES[method];
  const isOwn = method === 'gmp';
  return {
    method,
    updateEvery: dynamic.updateEvery ?? (defaultOf(method, 'update-every') as number),
    updateEnd: dynamic.updateEnd ?? (defaultOf(method, 'update-end') as number),
    ...(grows !== 'nothing' && {
      dropFraction: dynamic.dropFraction ?? (defaultOf(method, 'drop-fraction') as number),
    }),
    ...(prunes && {
      pruning: {
        initialSparsity: initialSparsity(method, dynamic, sparsity),
        finalSparsity: sparsity,
        // GraNet compares the weights of all layers; its layers' shares come of that and of the initial mask.
        scope: isOwn ? selection.scope : 'global',
        minPerLayer: isOwn ? selection.minPerLayer : 0,
      },
    }),
  };
}

/** @throws UserError (usage) where an N:M pattern is asked for, which the method would not keep. */
export function checkPattern({ scoring }: Pick<TrainingRequest, 'scoring'>, method: DynamicMethod): void {
  const { pattern } = scoring.options;
  if (pattern !== undefined)
    throw usageError(`--pattern ${pattern} is for masks that stay, and ${method} changes them.`);
}

/** @throws UserError (usage) where an initial mask is asked for that no criterion makes. */
export function checkInitialMask({ initialMask }: Pick<DynamicChoice, 'initialMask'>): void {
  if (initialMask === undefined || initialMask === ERK) return;
  try {
    findMethod(initialMask);
  } catch {
    throw usageError(
      `--initial-mask ${initialMask} is no criterion.`,
      'It is erk (random weights, Erdős-Rényi-kernel shares) or a criterion such as snip: `prunelens score --help` lists them.',
    );
  }
}
