/** Options of structured pruning. */
import { type Command, Option } from 'commander';
import { ADAPTATIONS, type Adaptation } from '../../pruning/structured/adapt';
import type { BatchesOption, CriterionOptions, ModelOptions, StructuredOptions } from '../../request/flags';

export interface ChannelFlags extends ModelOptions, CriterionOptions, BatchesOption, StructuredOptions {
  readonly method: string;
  /** 0 where it is not given: all channels stay. */
  readonly sparsity?: number;
  readonly out?: string;
}

export interface ShrinkFlags extends Omit<ChannelFlags, 'method'> {
  readonly method?: string;
  readonly masks?: string;
  readonly dryRun?: boolean;
  readonly measure?: boolean;
  readonly adapt?: Adaptation;
}

export function sparsityOfOption(): Option {
  return new Option('--sparsity-of <what>', 'structured: what the sparsity is a fraction of').choices([
    'channels',
    'parameters',
  ]);
}

export function addStructuredOptions(command: Command): Command {
  return command
    .option('--structured', 'prune whole channels and units instead of single weights')
    .addOption(sparsityOfOption());
}

/** Options of structured methods where several methods are compared. */
export function addShrinkOptions(command: Command): Command {
  return command.addOption(sparsityOfOption()).addOption(adaptOption());
}

export function adaptOption(): Option {
  return new Option(
    '--adapt <how>',
    'the weights that stay: as they are, re-scaled for fewer inputs, or drawn anew (3SP)',
  ).choices([...ADAPTATIONS]);
}
