/** The commands of structured pruning and their options. */
import type { Command } from 'commander';
import { addBatchesOption, addCriterionOptions, addModelOptions } from '../options';
import { sparsity } from '../optionValues';
import { adaptOption, addStructuredOptions, type ShrinkFlags } from './flags';

/** Adds `shrink`; `model` describes the model argument. */
export function addShrink(program: Command, model: string, signal: AbortSignal): void {
  const command = program
    .command('shrink')
    .description('remove whole channels and write the smaller model with its weights')
    .argument('<model>', model)
    .option('--method <name>', 'criterion: random, magnitude, snip, 3sp, 3sp-compute, grasp, prospr')
    .option('--sparsity <s>', 'fraction of the channels (or parameters) to be removed', sparsity)
    .option('--masks <file>', 'instead of a method: remove what these masks leave without use')
    .option('--out <folder>', 'folder for model.json and weights.bin')
    .option('--dry-run', 'only tell which channels go together, which cannot go, and why')
    .option('--measure', 'measure a training step of the model and of the smaller one')
    .addOption(adaptOption());
  addBatchesOption(addStructuredOptions(addCriterionOptions(addModelOptions(command)))).action(
    async (specifier: string, flags: ShrinkFlags) => (await import('./shrink')).runShrink(specifier, flags, signal),
  );
}
