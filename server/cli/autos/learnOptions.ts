/** Options of `prunelens autos learn`. */
import type { Command } from 'commander';
import { LEARNING_OPTIONS } from '../../protocol/catalogue/options';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addCommandOptions, addOwnOptions } from '../options';
import { countOf } from '../optionValues';
import type { LearnFlags } from './flags';
import { addPredictorOptions } from './predictorOptions';

export function addLearnCommand(autos: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = autos
    .command('learn')
    .description('a predictor from a model in one go: prune it iteratively, then learn from that (dataset, then train)')
    .argument('<models...>', 'file.ts, file.ts#exportName, or a Keras or tfjs model .json')
    .requiredOption('--out <file>', 'safetensors file for the predictor')
    .option('--dataset <folder>', 'folder of the data set, gone on with where it is there (default: beside --out)');
  addOwnOptions(command, LEARNING_OPTIONS).option(
    '--pruning-batches <n>',
    'batches for the gradient',
    countOf('batches'),
  );
  addPredictorOptions(addCommandOptions(command, 'autos learn', catalogue), 'predictor-').action(
    async (models: string[], flags: LearnFlags) => (await import('./learn')).runLearn(models, flags, signal),
  );
}
