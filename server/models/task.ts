/** What a model is trained for, and whether a data set is for the same. */
import { findObjective, isMisfit, type Objective } from '../objectives';
import type { LabelledData } from '../objectives/types';
import { usageError } from '../protocol/errors';
import type { Network } from './types';

/** @throws UserError (usage) where a data set has other labels than the network has. */
export function checkTask(network: Pick<Network, 'name' | 'objective' | 'labels'>, dataset: LabelledData): void {
  network.objective.checkDataset(network, dataset);
}

/**
 * The network with the objective of that name; as it is where no name is given.
 * @throws UserError (usage) where there is none of that name, or its output is not for it.
 */
export function withLoss(network: Network, loss: string | undefined, objectives?: readonly Objective[]): Network {
  if (loss === undefined || loss === network.objective.name) return network;
  const objective = findObjective(loss, objectives);
  const read = objective.read(network.output);
  if (!isMisfit(read)) return network.withObjective(objective, read);
  throw usageError(`${read.problem.charAt(0).toUpperCase()}${read.problem.slice(1)}`, read.hint);
}
