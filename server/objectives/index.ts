/** All objectives. A model without a choice of its own is for the first that suits its output and can read it. */
import { usageError } from '../protocol/errors';
import { binaryCrossEntropy } from './binaryCrossEntropy';
import { crossEntropy } from './crossEntropy';
import { dice } from './dice';
import { diceCrossEntropy } from './diceCrossEntropy';
import { huber } from './huber';
import { meanSquaredError } from './meanSquaredError';
import { tokenCrossEntropy } from './tokenCrossEntropy';
import { isMisfit, type Labels, type Misfit, type ModelOutput, type Objective } from './types';

export type {
  Ending,
  Labels,
  Misfit,
  ModelOutput,
  Objective,
  ObjectiveChoice,
  ObjectiveSettings,
  Predicted,
} from './types';
export { isMisfit, problemText } from './types';

export const OBJECTIVES: readonly Objective[] = [
  crossEntropy,
  binaryCrossEntropy,
  tokenCrossEntropy,
  dice,
  diceCrossEntropy,
  meanSquaredError,
  huber,
];

/** Names as given to `--objective`. */
export function objectiveNames(objectives: readonly Objective[] = OBJECTIVES): readonly string[] {
  return objectives.map(({ name }) => name);
}

/** @throws UserError (usage) where there is none of that name. */
export function findObjective(name: string, objectives: readonly Objective[] = OBJECTIVES): Objective {
  const found = objectives.find((objective) => objective.name === name);
  if (!found) throw usageError(`There is no objective '${name}'; known are ${objectiveNames(objectives).join(', ')}.`);
  return found;
}

/**
 * What a model with this output is for where nobody chooses: the first of `objectives` that it suits and that can read it, with its
 * labels. Where there is none, what is in the way of the first that it suits.
 */
export function defaultObjective(
  output: ModelOutput,
  objectives: readonly Objective[] = OBJECTIVES,
): { readonly objective: Objective; readonly labels: Labels } | Misfit {
  let first: Misfit | undefined;
  for (const objective of objectives) {
    if (objective.suits?.(output) === false) continue;
    const read = objective.read(output);
    if (!isMisfit(read)) return { objective, labels: read };
    first ??= read;
  }
  if (!first) throw new Error('there is no objective');
  return first;
}
