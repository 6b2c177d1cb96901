/** Options of `prunelens autos learn`. */
import type { Command } from 'commander';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addCommandOptions } from '../options';
import { positiveInteger, sparsity } from '../optionValues';
import type { LearnFlags } from './flags';
import { addPredictorOptions } from './predictorOptions';

export function addLearnCommand(autos: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = autos
    .command('learn')
    .description('a predictor from a model in one go: prune it iteratively, then learn from that (dataset, then train)')
    .argument('<models...>', 'file.ts, file.ts#exportName, or a Keras or tfjs model .json')
    .requiredOption('--out <file>', 'safetensors file for the predictor')
    .option('--dataset <folder>', 'folder of the data set, gone on with where it is there (default: beside --out)')
    .option('--iterations <n>', 'trainings of a model, each followed by a pruning', positiveInteger, 20)
    .option('--final-sparsity <s>', 'fraction of the weights removed in the end', sparsity, 0.99)
    .option('--pruning-batches <n>', 'batches for the gradient', positiveInteger)
    .option('--seeds <n>', 'how many seeds, counted from --seed', positiveInteger, 1);
  addPredictorOptions(addCommandOptions(command, 'autos learn', catalogue), 'predictor-').action(
    async (models: string[], flags: LearnFlags) => (await import('./learn')).runLearn(models, flags, signal),
  );
}
