/** `prunelens autos ticket`: the winning ticket of an iterative pruning as files that `prunelens train` takes. */
import { winningTicket } from '../../autos/rewinding/ticket';
import { writeSafetensors } from '../../files/safetensors';
import { formatCount, formatPath } from '../../format';
import { floatTensor, intTensor } from '../../protocol/tensor';
import { countKept } from '../../pruning';
import { checkOutput } from '../terminal/outputFile';
import { note, printJson } from '../terminal/streams';
import type { TicketFlags } from './flags';

export async function runTicket(run: string, flags: TicketFlags): Promise<void> {
  await checkOutput(flags.out);
  if (flags.weightsOut !== undefined) await checkOutput(flags.weightsOut);
  const ticket = await winningTicket(run, flags.sparsity);
  const { label, modelHash, seed, masks, weights, shapes, rewindEpoch, prunable, kept } = ticket;
  const metadata = {
    model: label,
    method: 'lottery-ticket',
    sparsity: String(flags.sparsity),
    seed: String(seed),
    rewindEpoch: String(rewindEpoch),
  };
  const bits = Array.from(
    masks,
    ([name, mask]) => [name, intTensor(shapes.get(name)!, Int32Array.from(mask))] as const,
  );
  await writeSafetensors(flags.out, new Map(bits), { storage: 'U8', metadata });
  if (flags.weightsOut !== undefined) {
    const values = Array.from(weights, ([name, data]) => [name, floatTensor(shapes.get(name)!, data)] as const);
    await writeSafetensors(flags.weightsOut, new Map(values), { metadata });
  }
  if (flags.json) {
    const layers = Array.from(masks, ([weight, mask]) => ({ weight, total: mask.length, kept: countKept(mask) }));
    printJson({ label, modelHash, seed, sparsity: flags.sparsity, rewindEpoch, prunable, kept, layers });
  }
  note(`${formatCount(kept)} of ${formatCount(prunable)} weights stay. The masks are in ${formatPath(flags.out)}.`);
  if (flags.weightsOut === undefined) return;
  const origin = rewindEpoch === 0 ? 'initial weights' : `weights after epoch ${rewindEpoch}`;
  note(`The ${origin} are in ${formatPath(flags.weightsOut)}.`);
}
