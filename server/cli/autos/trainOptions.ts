/** Options of `prunelens autos train`. */
import { type Command, Option } from 'commander';
import { backendNames } from '../../executors/select';
import type { PredictorFlags } from '../../learning/predictor';
import type { ModelOptions } from '../../request/flags';
import { wholeNumber } from '../optionValues';
import { addPredictorOptions } from './predictorOptions';

export interface PredictorTrainingFlags extends PredictorFlags, Pick<ModelOptions, 'backend' | 'json'> {
  readonly out: string;
}

export function addPredictorTrainingCommand(autos: Command, signal: AbortSignal): void {
  const command = autos
    .command('train')
    .description('train a predictor of survival on a data set')
    .argument('<dataset>', 'folder that `prunelens autos dataset` has written')
    .requiredOption('--out <file>', 'safetensors file for the predictor');
  addPredictorOptions(command)
    .addOption(new Option('--backend <name>', 'what computes').choices([...backendNames]))
    .option('--seed <n>', 'decides everything that is left to chance', wholeNumber)
    .option('--json', 'print the result as one JSON document')
    .action(async (dataset: string, flags: PredictorTrainingFlags) =>
      (await import('./train')).runPredictorTraining(dataset, flags, signal),
    );
}
