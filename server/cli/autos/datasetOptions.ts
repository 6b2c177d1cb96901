/** Options of `prunelens autos dataset`. */
import { type Command, Option } from 'commander';
import { commandOptions } from '../../protocol/catalogue/derive';
import { CONVERGENCE_OPTIONS, LEARNING_OPTIONS } from '../../protocol/catalogue/options';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addForce } from '../force';
import { addOptions } from '../options';
import { countOf, numberIn, sparsity } from '../optionValues';
import type { DatasetFlags } from './flags';

export function addDatasetCommand(autos: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = autos
    .command('dataset')
    .description('prune iteratively, rewinding the weights each time, and record how long every weight survives')
    .argument('<models...>', 'file.ts, file.ts#exportName, or a Keras or tfjs model .json')
    .requiredOption('--out <folder>', 'folder of the data set; what is in it already stays')
    .option('--iterations <n>', 'trainings, each followed by a pruning', numberIn(LEARNING_OPTIONS.iterations), 20)
    .addOption(
      new Option('--schedule <name>', 'remove a constant fraction of what is left (pct) or a constant number (num)')
        .choices(['pct', 'num'])
        .default('pct'),
    )
    .option('--final-sparsity <s>', 'fraction of the weights removed in the end', sparsity, 0.99)
    .addOption(
      new Option('--criterion <name>', 'what is compared after each training, at the trained weights')
        .choices(['magnitude', 'snip'])
        .default('magnitude'),
    )
    .option(
      '--rewind-epoch <k>',
      'rewind to the weights after epoch k; 0 is initialization',
      numberIn(CONVERGENCE_OPTIONS.rewindEpoch),
      0,
    )
    .option('--pruning-batches <n>', 'batches for the gradient, and for SNIP', countOf('batches'))
    .option('--seeds <n>', 'how many seeds, counted from --seed', numberIn(LEARNING_OPTIONS.seeds), 1)
    .option('--resume', 'keep what is finished and go on with what was interrupted');
  // `--schedule` is that of the pruning.
  const shared = commandOptions(catalogue, 'autos dataset').map((option) =>
    option.name === 'schedule' ? { ...option, name: 'lr-schedule' } : option,
  );
  addOptions(addForce(command), shared).action(async (models: string[], flags: DatasetFlags) =>
    (await import('./dataset')).runDataset(models, flags, signal),
  );
}
