/** `prunelens search`: its options. What it needs is loaded when it runs. */
import { type Command, Option } from 'commander';
import { comparedMethods } from '../../protocol/catalogue/derive';
import type { Catalogue } from '../../protocol/catalogue/types';
import { searchMetrics } from '../../search/metrics';
import type { SearchFlags } from '../../search/types';
import { addForce } from '../force';
import { addCommandOptions } from '../options';
import { fraction, positiveInteger, sparsity } from '../optionValues';

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
    )
    .addOption(
      new Option(
        '--metric <name>',
        "what is to be kept; without it the metric that leads in the model's objective",
      ).choices(searchMetrics()),
    )
    .option('--tolerance <t>', 'by how much it may be below the dense network, e.g. 0.01', fraction, 0.01)
    .option('--rounds <n>', 'how many sparsities to try', positiveInteger, 6)
    .option('--max-sparsity <s>', 'stay below this sparsity', sparsity, 0.999)
    .option('--seeds <n>', 'how many seeds, counted from --seed; their mean counts', positiveInteger, 1)
    .requiredOption('--out <folder>', 'folder for the runs and the results')
    .option('--resume', 'use the finished runs in that folder and continue the interrupted one');
  addCommandOptions(addForce(command), 'search', catalogue).action(async (model: string, flags: SearchFlags) =>
    (await import('./command')).runSearch(model, flags, signal),
  );
}
