/** Options of `prunelens autos evaluate`. */
import type { Command } from 'commander';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addCommandOptions } from '../options';
import { collect, countOf, nameList, sparsityList } from '../optionValues';
import type { EvaluateFlags } from './flags';

const METHODS = ['autos', 'prospr', 'snip', 'synflow', 'magnitude', 'random', 'lottery-ticket'];
const SPARSITIES = [0.8, 0.9, 0.95, 0.98, 0.99];
const SEEDS = 3;

export function addEvaluateCommand(autos: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = autos
    .command('evaluate')
    .description('compare AutoS with other methods on networks that its predictor has never seen')
    .argument('<models...>', 'file.ts, file.ts#exportName, or a Keras or tfjs model .json')
    .requiredOption('--out <folder>', 'folder for the runs and the report, as `prunelens compare` makes it')
    .option('--methods <names>', 'what is compared, with commas between', nameList, METHODS)
    .option('--sparsities <list>', 'fractions of the weights to be removed', sparsityList, SPARSITIES)
    .option('--seeds <n>', 'how many seeds, counted from --seed', countOf('seeds'), SEEDS)
    .option('--no-dense', 'leave out the dense network')
    .option('--truth <dataset>', 'survival data set of these networks, to measure predictions on (repeatable)', collect)
    .option('--allow-seen', 'networks too that the predictor has learned from; they are marked')
    .option('--resume', 'skip the finished runs in that folder and continue the interrupted one');
  addCommandOptions(command, 'autos evaluate', catalogue).action(async (models: string[], flags: EvaluateFlags) =>
    (await import('./evaluate')).runEvaluate(models, flags, signal),
  );
}
