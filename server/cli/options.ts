/** Options that several commands have, added to a command in groups. */
import { type Command, Option } from 'commander';
import { backendNames } from '../executors/select';
import { OBJECTIVES, type Objective, objectiveNames } from '../objectives';
import { controls } from '../pruning/controls';
import type { InnerOptimizer } from '../pruning/types';
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
} from './optionValues';

const INNER_OPTIMIZERS: readonly InnerOptimizer[] = ['sgd', 'momentum', 'nesterov', 'adam'];

export function addModelOptions(command: Command): Command {
  return command
    .option('--data <name|path>', 'data set: mnist, fashion-mnist, cifar10, cells, a folder or a file')
    .option('--weights <file>', 'initial weights by name (safetensors); absent ones are initialized')
    .option('--include <pattern>', 'prune only layers whose name matches (repeatable; * and ? as wildcards)', collect)
    .option('--exclude <pattern>', 'leave layers alone whose name matches (repeatable)', collect)
    .option('--batch-size <n>', 'examples in a batch', positiveInteger)
    .addOption(new Option('--backend <name>', 'what computes').choices([...backendNames]))
    .option('--seed <n>', 'decides everything that is left to chance', wholeNumber)
    .option('--json', 'print the result as one JSON document');
}

export function addCriterionOptions(command: Command): Command {
  return command
    .option('--steps <m>', 'ProsPr: training steps that the meta-gradient goes through', positiveInteger)
    .option('--inner-lr <rate>', 'ProsPr: learning rate of these steps', positiveNumber)
    .option('--inner-momentum <mu>', 'ProsPr: their momentum', momentum)
    .option('--inner-weight-decay <wd>', 'ProsPr: their weight decay', numberFromZero)
    .addOption(new Option('--inner-optimizer <name>', 'ProsPr: their optimizer').choices([...INNER_OPTIMIZERS]))
    .option('--inner-epsilon <e>', 'ProsPr with adam: added to the root of the second moment', positiveNumber)
    .option('--gradient-norms', 'ProsPr: norms of meta-gradients beside those of gradients, tensor by tensor')
    .option('--clip-adjoint <norm>', 'ProsPr: scale adjoints down to this norm on the way back', positiveNumber)
    .addOption(new Option('--variant <name>', 'ProsPr: which gradient').choices(['exact', 'first-order', 'released']))
    .option('--same-batch', 'ProsPr: take every step on the same batch')
    .option('--no-same-batch', 'ProsPr: take each on another batch, whatever the settings say')
    .option('--iterations <n>', 'rounds of iterative criteria', positiveInteger)
    .option('--temperature <t>', 'GraSP, Hutchinson-Taylor: the logits are divided by it', positiveNumber)
    .option('--draws <n>', 'NTK-SAP, Hutchinson-Taylor: random draws that are averaged over', positiveInteger)
    .option(
      '--warm-up-batches <n>',
      'fixed batch-norm statistics from n batches, where a method uses any',
      countFromZero,
    )
    .option('--pruning-batches <n>', 'batches to score on, where the criterion leaves it open', positiveInteger)
    .option('--pruning-batch-size <n>', 'examples in each of them, if not as in training', positiveInteger)
    .option('--predictor <file>', 'AutoS: the predictor, instead of the one that ships with PruneLens')
    .option('--exact-predictor', "AutoS: run the predictor's network for every weight, not its table")
    .option('--min-per-layer <n>', 'keep at least so many weights in every layer', countFromZero)
    .addOption(
      new Option('--selection <how>', 'rank the weights of all layers together, or in each layer').choices([
        'global',
        'per-layer',
      ]),
    );
}

export function addConvergenceOptions(command: Command): Command {
  return command
    .option('--pruning-rate <r>', 'after training: share of the weights left that each round removes', positiveNumber)
    .option('--fine-tune-epochs <n>', 'magnitude-after-training: epochs after pruning', positiveInteger)
    .option('--rewind-epoch <n>', 'lottery-ticket: epoch to which weights are rewound', countFromZero);
}

export function addBatchesOption(command: Command): Command {
  return command.option('--batches <file>', 'score on these batches (safetensors: 0/x, 0/y, 1/x, …)');
}

/** Compares a method with a spoiled version of itself. */
export function addControlOption(command: Command): Command {
  const text =
    'sanity control: shuffle the mask in each layer, draw the weights anew before training, or invert the scores';
  return command.addOption(new Option('--control <name>', text).choices([...controls]));
}

/** Loss of a network's training, for commands that train nothing else. */
export function addLossOption(command: Command, objectives: readonly Objective[] = OBJECTIVES): Command {
  const text = 'what is minimized; dice is for segmentation, whose pixels have classes';
  return command.addOption(new Option('--loss <name>', text).choices(objectiveNames(objectives)));
}

const OPTIMIZERS: readonly OptimizerConfig['kind'][] = ['sgd', 'adam'];
const SCHEDULES: readonly ScheduleConfig['kind'][] = ['constant', 'step', 'cosine'];

/**
 * @param scheduleFlag names the learning rate's schedule, where a command has another `--schedule`.
 */
export function addTrainingOptions(command: Command, scheduleFlag = '--schedule'): Command {
  return command
    .option('--epochs <n>', 'how often all examples are seen', positiveInteger)
    .addOption(new Option('--optimizer <name>', 'how steps are taken').choices([...OPTIMIZERS]))
    .option('--lr <rate>', 'learning rate', positiveNumber)
    .option('--momentum <mu>', 'momentum of sgd', momentum)
    .option('--nesterov', "Nesterov's momentum")
    .option('--no-nesterov', 'classical momentum, whatever the settings say')
    .option('--weight-decay <wd>', 'factor of the squared weights in the loss', numberFromZero)
    .addOption(new Option(`${scheduleFlag} <name>`, 'how the learning rate changes').choices([...SCHEDULES]))
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
