/** What a model is trained for, and whether a data set is for the same. */
import {
  findObjective,
  isMisfit,
  OBJECTIVES,
  type Objective,
  type ObjectiveSettings,
  objectiveNames,
  problemText,
} from '../objectives';
import type { LabelledData, ObjectiveChoice } from '../objectives/types';
import type { Dataset } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { lastLine } from './lines';
import type { Network } from './types';

/** @throws UserError (usage) where a data set has other labels than the network has. */
export function checkTask(network: Pick<Network, 'name' | 'objective' | 'labels'>, dataset: LabelledData): void {
  network.objective.checkDataset(network, dataset);
}

/** @throws UserError (usage) naming the example, and the column of its labels, where a float value cannot be a label of the network. */
function checkValues(
  network: Pick<Network, 'name' | 'objective' | 'labels'>,
  { name, labelShape, train, test }: Dataset,
) {
  const each = sizeOf(labelShape ?? []);
  for (const [splitName, { labels, labelPlace }] of Object.entries({ training: train, test })) {
    if (!(labels instanceof Float32Array)) continue;
    const found = network.objective.findWrongLabel(labels, network);
    if (!found) continue;
    const { index, problem } = found;
    const column = each === 1 ? '' : `, column ${(index % each) + 1}`;
    const place = labelPlace?.(index) ?? `${name}, ${splitName} labels, row ${Math.floor(index / each) + 1}${column}`;
    throw usageError(`${place}: ${labels[index]} ${problem}.`);
  }
}

/**
 * The data set with labels in the form that the network's objective has them in.
 * @throws UserError (usage) where it has other labels than the network has, or one of them is wrong.
 */
export function fitLabels(network: Pick<Network, 'name' | 'objective' | 'labels'>, dataset: Dataset): Dataset {
  const adapted = network.objective.adaptDataset?.(network, dataset) ?? dataset;
  checkTask(network, adapted);
  checkValues(network, adapted);
  return adapted;
}

/** Losses of pixels that, chosen as `loss`, only train: criteria score by the cross-entropy then. */
const TRAIN_ONLY: readonly string[] = ['dice', 'cross-entropy+dice'];

const SETTING_OPTIONS: { readonly [Name in keyof ObjectiveSettings]-?: string } = {
  huberDelta: '--huber-delta',
  labelSmoothing: '--label-smoothing',
};

/** The objective with the settings given. @throws UserError (usage) for a setting that it does not heed. */
function configured(objective: Objective, choice: ObjectiveChoice, objectives: readonly Objective[]): Objective {
  const names = Object.keys(SETTING_OPTIONS) as (keyof ObjectiveSettings)[];
  return names.reduce((current, name) => {
    const value = choice[name];
    if (value === undefined) return current;
    const configure = current.configure?.[name];
    if (configure) return configure(value);
    const takers = objectives.filter((one) => one.configure?.[name]);
    throw usageError(
      `${SETTING_OPTIONS[name]} (${name} in settings) goes with ${objectiveNames(takers).join(' and ')}, not with ${objective.name}.`,
    );
  }, objective);
}

function withNamed(
  network: Network,
  name: string | undefined,
  choice: ObjectiveChoice,
  objectives: readonly Objective[] = OBJECTIVES,
): Network {
  const known =
    name === undefined || name === network.objective.name ? network.objective : findObjective(name, objectives);
  const objective = configured(known, choice, objectives);
  if (objective === network.objective) return network;
  const read = objective.read(network.output);
  if (!isMisfit(read)) return network.withObjective(objective, read);
  throw usageError(problemText(read), read.hint, lastLine(network.layers));
}

/**
 * The network with the objective that it is trained for; as it is where nothing is chosen.
 * @throws UserError (usage) where there is none of that name, its output is not for it, or a setting does not go with it.
 */
export function forTraining(network: Network, choice: ObjectiveChoice, objectives?: readonly Objective[]): Network {
  return withNamed(network, choice.objective ?? choice.loss, choice, objectives);
}

/** The network with the objective that criteria score by. Errors are those of `forTraining`. */
export function forScoring(network: Network, choice: ObjectiveChoice, objectives?: readonly Objective[]): Network {
  const { objective, loss } = choice;
  const trainsOnly = objective === undefined && loss !== undefined && TRAIN_ONLY.includes(loss);
  if (trainsOnly) return network;
  return withNamed(network, objective ?? loss, choice, objectives);
}
