/** The commands of structured pruning and their options. */
import type { Command } from 'commander';
import { SHRINK_OPTIONS } from '../../protocol/catalogue/options';
import type { Catalogue } from '../../protocol/catalogue/types';
import type { ShrinkFlags } from '../../shrinking/types';
import { addCommandOptions, addOwnOptions } from '../options';
import { sparsity } from '../optionValues';

/** Adds `shrink`; `model` describes the model argument. */
export function addShrink(program: Command, model: string, catalogue: Catalogue, signal: AbortSignal): void {
  const command = program
    .command('shrink')
    .description('remove whole channels and write the smaller model with its weights')
    .argument('<model>', model)
    .option('--method <name>', `criterion: ${catalogue.channelMethods.map(({ name }) => name).join(', ')}`)
    .option('--sparsity <s>', 'fraction of the channels (or parameters) to be removed', sparsity)
    .option('--masks <file>', 'instead of a method: remove what these masks leave without use')
    .option('--out <folder>', 'folder for the smaller model')
    .option('--dry-run', 'only tell which channels go together, which cannot go, and why');
  addCommandOptions(addOwnOptions(command, SHRINK_OPTIONS), 'shrink', catalogue).action(
    async (specifier: string, flags: ShrinkFlags) => (await import('./shrink')).runShrink(specifier, flags, signal),
  );
}
