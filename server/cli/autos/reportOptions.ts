/** Options of `prunelens autos report`. */
import type { Command } from 'commander';
import { modelOptions, objectiveOptions } from '../../protocol/catalogue/derive';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addOptions } from '../options';
import { collect } from '../optionValues';
import type { SurvivalReportFlags } from './flags';

export function addSurvivalReportCommand(autos: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const { data, weights, batchSize, backend, device, precision, python, json } = modelOptions(catalogue);
  const command = autos
    .command('report')
    .description('show in pictures which weights survive, and what predictors make of it')
    .argument('<dataset>', 'folder that `prunelens autos dataset` or `learn` has written')
    .requiredOption('--out <file>', 'HTML file, with everything it needs inside')
    .option('--predictor <file>', 'predictor to show, as `prunelens autos train` has written (repeatable)', collect)
    .option('--model <model>', 'network of runs: GraSP and ProsPr are shown too (repeatable)', collect);
  addOptions(command, [
    { ...data, text: 'data set of these networks' },
    { ...weights, text: 'initial weights of these networks that the prunings began with' },
    { ...batchSize, text: 'examples in a batch of GraSP and ProsPr' },
    ...Object.values(objectiveOptions(catalogue)),
    backend,
    device,
    precision,
    python,
    { ...json, text: 'print what the pictures show as one JSON document' },
  ]).action(async (dataset: string, flags: SurvivalReportFlags) =>
    (await import('./report')).runSurvivalReport(dataset, flags, signal),
  );
}
