/** Options that several commands have, added to a command in groups; and what the commands get. */
import { type Command, Option } from 'commander';
import { backendNames } from '../executors/select';
import type { BackendName } from '../executors/types';
import type { OptimizerConfig, ScheduleConfig } from '../training/config';
import {
  collect,
  countFromZero,
  epochList,
  momentum,
  numberFromZero,
  positiveInteger,
  positiveNumber,
  wholeNumber,
} from './option-values';

/** Options of every command that builds a model. Absent ones come from the settings, then from the defaults. */
export interface ModelOptions {
  readonly weights?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly backend?: BackendName | 'auto';
  readonly seed?: number;
  readonly data?: string;
  readonly batchSize?: number;
  readonly json?: boolean;
}

export function addModelOptions(command: Command): Command {
  return command
    .option('--data <name|path>', 'data set: mnist, fashion-mnist, cifar10, a folder or a file')
    .option('--weights <file>', 'initial weights by name (safetensors); absent ones are initialized')
    .option('--include <pattern>', 'prune only layers whose name matches (repeatable; * and ? as wildcards)', collect)
    .option('--exclude <pattern>', 'leave layers alone whose name matches (repeatable)', collect)
    .option('--batch-size <n>', 'examples in a batch', positiveInteger)
    .addOption(new Option('--backend <name>', 'what computes').choices([...backendNames]))
    .option('--seed <n>', 'decides everything that is left to chance', wholeNumber)
    .option('--json', 'print the result as one JSON document');
}

export type SelectionName = 'global' | 'per-layer';

/** How weights are scored and selected. */
export interface CriterionOptions {
  readonly steps?: number;
  readonly innerLr?: number;
  readonly innerMomentum?: number;
  readonly innerWeightDecay?: number;
  readonly variant?: 'exact' | 'first-order' | 'released';
  readonly sameBatch?: boolean;
  readonly iterations?: number;
  readonly temperature?: number;
  readonly pruningBatches?: number;
  readonly minPerLayer?: number;
  readonly selection?: SelectionName;
}

export function addCriterionOptions(command: Command): Command {
  return command
    .option('--steps <m>', 'ProsPr: training steps that the meta-gradient goes through', positiveInteger)
    .option('--inner-lr <rate>', 'ProsPr: learning rate of these steps', positiveNumber)
    .option('--inner-momentum <mu>', 'ProsPr: their momentum', momentum)
    .option('--inner-weight-decay <wd>', 'ProsPr: their weight decay', numberFromZero)
    .addOption(new Option('--variant <name>', 'ProsPr: which gradient').choices(['exact', 'first-order', 'released']))
    .option('--same-batch', 'ProsPr: take every step on the same batch')
    .option('--iterations <n>', 'rounds of iterative criteria', positiveInteger)
    .option('--temperature <t>', 'GraSP: the logits are divided by it', positiveNumber)
    .option('--pruning-batches <n>', 'batches to score on, where the criterion leaves it open', positiveInteger)
    .option('--min-per-layer <n>', 'keep at least so many weights in every layer', countFromZero)
    .addOption(
      new Option('--selection <how>', 'rank the weights of all layers together, or in each layer').choices([
        'global',
        'per-layer',
      ]),
    );
}

/** Exact batches instead of drawn ones. */
export interface BatchesOption {
  readonly batches?: string;
}

export function addBatchesOption(command: Command): Command {
  return command.option('--batches <file>', 'score on these batches (safetensors: 0/x, 0/y, 1/x, …)');
}

/** How a network is trained. */
export interface TrainingFlags {
  readonly epochs?: number;
  readonly optimizer?: OptimizerConfig['kind'];
  readonly lr?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly schedule?: ScheduleConfig['kind'];
  readonly milestones?: readonly number[];
  readonly warmup?: number;
  readonly crop?: number;
  readonly flip?: boolean;
  readonly limit?: number;
}

const OPTIMIZERS: readonly OptimizerConfig['kind'][] = ['sgd', 'adam'];
const SCHEDULES: readonly ScheduleConfig['kind'][] = ['constant', 'step', 'cosine'];

export function addTrainingOptions(command: Command): Command {
  return command
    .option('--epochs <n>', 'how often all examples are seen', positiveInteger)
    .addOption(new Option('--optimizer <name>', 'how steps are taken').choices([...OPTIMIZERS]))
    .option('--lr <rate>', 'learning rate', positiveNumber)
    .option('--momentum <mu>', 'momentum of sgd', momentum)
    .option('--nesterov', "Nesterov's momentum")
    .option('--no-nesterov', 'classical momentum, whatever the settings say')
    .option('--weight-decay <wd>', 'factor of the squared weights in the loss', numberFromZero)
    .addOption(new Option('--schedule <name>', 'how the learning rate changes').choices([...SCHEDULES]))
    .option(
      '--milestones <epochs>',
      'step schedule: epochs at which the rate is divided by ten, e.g. 80,120',
      epochList,
    )
    .option('--warmup <epochs>', 'epochs over which the rate rises to its value', numberFromZero)
    .option('--crop <pixels>', 'shift training images at random by up to so many pixels', countFromZero)
    .option('--flip', 'mirror training images at random')
    .option('--no-flip', 'do not mirror, whatever the settings say')
    .option('--limit <n>', 'train on so many examples only, for a quick trial', positiveInteger);
}
