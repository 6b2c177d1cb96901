/** All objectives. A model without a choice of its own is for the first that can read its output. */
import { usageError } from '../protocol/errors';
import { crossEntropy } from './crossEntropy';
import { dice } from './dice';
import { diceCrossEntropy } from './diceCrossEntropy';
import { tokenCrossEntropy } from './tokenCrossEntropy';
import type { Objective } from './types';

export type { Ending, Labels, Misfit, ModelOutput, Objective, Predicted } from './types';
export { isMisfit } from './types';

export const OBJECTIVES: readonly Objective[] = [crossEntropy, tokenCrossEntropy, dice, diceCrossEntropy];

/** Names as given to `--loss`. */
export function objectiveNames(objectives: readonly Objective[] = OBJECTIVES): readonly string[] {
  return objectives.map(({ name }) => name);
}

/** @throws UserError (usage) where there is none of that name. */
export function findObjective(name: string, objectives: readonly Objective[] = OBJECTIVES): Objective {
  const found = objectives.find((objective) => objective.name === name);
  if (!found) throw usageError(`There is no loss '${name}'; known are ${objectiveNames(objectives).join(', ')}.`);
  return found;
}
