/** Options of `prunelens autos ticket`. */
import type { Command } from 'commander';
import { MODEL_OPTIONS } from '../../protocol/catalogue/options';
import { addOptions } from '../options';
import { sparsity } from '../optionValues';
import type { TicketFlags } from './flags';

export function addTicketCommand(autos: Command): void {
  const command = autos
    .command('ticket')
    .description('export the winning ticket of an iterative rewind pruning, to be trained')
    .argument('<run>', 'folder of the run: in `runs` of a data set')
    .requiredOption('--sparsity <s>', 'fraction of the weights to be removed', sparsity)
    .requiredOption('--out <file>', "safetensors file for the masks, under the weights' names")
    .option('--weights-out <file>', 'safetensors file for the rewound weights');
  addOptions(command, [MODEL_OPTIONS.json]).action(async (run: string, flags: TicketFlags) =>
    (await import('./ticket')).runTicket(run, flags),
  );
}
