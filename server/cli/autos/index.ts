/** The group `prunelens autos`: learning a pruning criterion. Each command has its options in a file of its own. */
import type { Command } from 'commander';
import { addDatasetCommand } from './dataset-options';
import { addEvaluateCommand } from './evaluate-options';
import { addLearnCommand } from './learn-options';
import { addSurvivalReportCommand } from './report-options';
import { addTicketCommand } from './ticket-options';
import { addPredictorTrainingCommand } from './train-options';

export function addAutos(program: Command, signal: AbortSignal): void {
  const autos = program
    .command('autos')
    .description('learn a pruning criterion from iterative pruning (AutoS), and export winning tickets');
  addDatasetCommand(autos, signal);
  addPredictorTrainingCommand(autos, signal);
  addLearnCommand(autos, signal);
  addEvaluateCommand(autos, signal);
  addSurvivalReportCommand(autos, signal);
  addTicketCommand(autos);
}
