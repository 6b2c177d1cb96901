/** Options of `prunelens autos train`. */
import type { Command } from 'commander';
import { modelOptions } from '../../protocol/catalogue/derive';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addOptions } from '../options';
import type { PredictorTrainingFlags } from './flags';
import { addPredictorOptions } from './predictorOptions';

export function addPredictorTrainingCommand(autos: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = autos
    .command('train')
    .description('train a predictor of survival on a data set')
    .argument('<dataset>', 'folder that `prunelens autos dataset` has written')
    .requiredOption('--out <file>', 'safetensors file for the predictor');
  const { backend, device, precision, python, seed, json } = modelOptions(catalogue);
  addOptions(addPredictorOptions(command), [backend, device, precision, python, seed, json]).action(
    async (dataset: string, flags: PredictorTrainingFlags) =>
      (await import('./train')).runPredictorTraining(dataset, flags, signal),
  );
}
