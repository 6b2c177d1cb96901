/** The group `prunelens autos`: learning a pruning criterion. Each command has its options in a file of its own. */
import type { Command } from 'commander';
import type { Catalogue } from '../../protocol/catalogue/types';
import { addDatasetCommand } from './datasetOptions';
import { addEvaluateCommand } from './evaluateOptions';
import { addLearnCommand } from './learnOptions';
import { addSurvivalReportCommand } from './reportOptions';
import { addTicketCommand } from './ticketOptions';
import { addPredictorTrainingCommand } from './trainOptions';

export function addAutos(program: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const autos = program
    .command('autos')
    .description('learn a pruning criterion from iterative pruning (AutoS), and export winning tickets');
  addDatasetCommand(autos, catalogue, signal);
  addPredictorTrainingCommand(autos, catalogue, signal);
  addLearnCommand(autos, catalogue, signal);
  addEvaluateCommand(autos, catalogue, signal);
  addSurvivalReportCommand(autos, catalogue, signal);
  addTicketCommand(autos);
}
