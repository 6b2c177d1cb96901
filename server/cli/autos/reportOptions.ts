/** Options of `prunelens autos report`. */
import { type Command, Option } from 'commander';
import { backendNames } from '../../executors/select';
import type { ModelOptions } from '../../request/flags';
import { collect, positiveInteger } from '../optionValues';

export interface SurvivalReportFlags extends ModelOptions {
  readonly predictor?: readonly string[];
  readonly model?: readonly string[];
  readonly out: string;
}

export function addSurvivalReportCommand(autos: Command, signal: AbortSignal): void {
  autos
    .command('report')
    .description('show in pictures which weights survive, and what predictors make of it')
    .argument('<dataset>', 'folder that `prunelens autos dataset` or `learn` has written')
    .requiredOption('--out <file>', 'HTML file, with everything it needs inside')
    .option('--predictor <file>', 'predictor to show, as `prunelens autos train` has written (repeatable)', collect)
    .option('--model <model>', 'network of runs: GraSP and ProsPr are shown too (repeatable)', collect)
    .option('--data <name|path>', 'data set of these networks')
    .option('--weights <file>', 'initial weights of these networks that the prunings began with')
    .option('--batch-size <n>', 'examples in a batch of GraSP and ProsPr', positiveInteger)
    .addOption(new Option('--backend <name>', 'what computes').choices([...backendNames]))
    .option('--json', 'print what the pictures show as one JSON document')
    .action(async (dataset: string, flags: SurvivalReportFlags) =>
      (await import('./report')).runSurvivalReport(dataset, flags, signal),
    );
}
