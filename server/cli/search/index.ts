/** `prunelens search`: its options. What it needs is loaded when it runs. */
import type { Command } from 'commander';
import { comparedMethods } from '../../protocol/catalogue/derive';
import { SEARCH_OPTIONS } from '../../protocol/catalogue/options';
import type { Catalogue } from '../../protocol/catalogue/types';
import type { SearchFlags } from '../../search/types';
import { addForce } from '../force';
import { addCommandOptions, addOwnOptions } from '../options';

export function addSearch(program: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = program
    .command('search')
    .description('find the highest sparsity that keeps what the model is judged by: accuracy, mean IoU, R², …')
    .argument('<model>', 'file.ts, file.ts#exportName, or a Keras or tfjs model .json')
    .requiredOption(
      '--method <name>',
      comparedMethods(catalogue)
        .map(({ name }) => name)
        .join(', '),
    );
  addOwnOptions(command, SEARCH_OPTIONS)
    .requiredOption('--out <folder>', 'folder for the runs and the results')
    .option('--resume', 'use the finished runs in that folder and continue the interrupted one');
  addCommandOptions(addForce(command), 'search', catalogue).action(async (model: string, flags: SearchFlags) =>
    (await import('./command')).runSearch(model, flags, signal),
  );
}
