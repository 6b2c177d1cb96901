/** `prunelens score --structured` and `prunelens prune --structured`: scores of channels, and masks that keep the highest. */

import { checkOutputFile } from '../../files/output';
import { writeSafetensors } from '../../files/safetensors';
import { formatCount, formatPath, formatPercent, formatSeconds } from '../../format';
import { writeChannelMasks } from '../../masks/channelMasks';
import { floatTensor } from '../../protocol/tensor';
import { layersJson, reportSparsity, type SparsityReport } from '../../pruning';
import { denseMacs, sparseMacs } from '../../pruning/structured';
import { kernelMasks } from '../../request/channels';
import { prepareModel } from '../../request/model';
import { layersTable } from '../terminal/layers';
import { note, print, printJson } from '../terminal/streams';
import type { ChannelFlags } from './flags';
import { channelsJson, channelsTable } from './report';
import { type ScoredChannels, scoreAndSelectChannels } from './scoring';

interface Reported extends ScoredChannels {
  readonly report: SparsityReport;
  readonly sparseMacs: number;
}

async function scoreAndReport(specifier: string, flags: ChannelFlags, signal: AbortSignal): Promise<Reported> {
  if (flags.out !== undefined) await checkOutputFile(flags.out);
  const model = await prepareModel(specifier, flags, signal, { trusted: true });
  return scoreAndSelectChannels(model, flags, signal, async (scored, executor) => {
    const masks = kernelMasks(model, scored.structure, scored.keep);
    const report = await reportSparsity(executor, model.network, masks);
    return { ...scored, report, sparseMacs: sparseMacs(model.network, masks) };
  });
}

function show(scored: Reported, flags: ChannelFlags): void {
  const { criterion, model, structure, backend, seconds, keep, report } = scored;
  const macs = { denseMacs: denseMacs(model.network), sparseMacs: scored.sparseMacs };
  if (flags.json) {
    printJson({
      method: criterion.name,
      structured: true,
      backend,
      seconds,
      seed: model.seed,
      sparsity: flags.sparsity ?? 0,
      sparsityOf: flags.sparsityOf ?? 'channels',
      ...channelsJson(structure, keep),
      prunable: report.prunable,
      kept: report.kept,
      effectiveKept: report.connected,
      ...macs,
      layers: layersJson(report),
      collapsed: report.collapsed,
      warnings: scored.saliency.diagnostics?.warnings ?? [],
    });
    return;
  }
  const of = flags.sparsityOf ?? 'channels';
  const target = flags.sparsity === undefined ? '' : ` at ${formatPercent(flags.sparsity)} sparsity of ${of}`;
  note(`${criterion.title} on ${model.network.name}${target}: ${formatSeconds(seconds)} on ${backend}.`);
  print(`${channelsTable(structure, keep)}\n${layersTable(report)}`);
  print(
    `MACs per example: ${formatCount(macs.denseMacs)} dense, ${formatCount(macs.sparseMacs)} without the removed channels. ` +
      'The mask by itself saves no time: `prunelens shrink` makes the smaller model that does.\n',
  );
}

/**
 * Writes, for each scored kernel, one score an output channel, [1, …, 1, out], of that kernel on its own; the selection uses the
 * sums over groups, which `--json` shows.
 */
async function writeChannelScores(path: string, { structure, saliency, model }: Reported): Promise<void> {
  const shapes = new Map(model.network.parameters.map(({ name, shape }) => [name, shape]));
  const tensors = structure.kernels.flatMap(({ weight, axis }) => {
    const scores = saliency.kernels.get(weight);
    const shape = shapes.get(weight)!.map((extent, i) => (i === axis ? extent : 1));
    return scores ? [[weight, floatTensor(shape, scores)] as const] : [];
  });
  await writeSafetensors(path, new Map(tensors));
}

export async function runStructuredScore(specifier: string, flags: ChannelFlags, signal: AbortSignal): Promise<void> {
  const scored = await scoreAndReport(specifier, flags, signal);
  if (flags.out !== undefined) await writeChannelScores(flags.out, scored);
  show(scored, flags);
  if (flags.out !== undefined) note(`The scores are in ${formatPath(flags.out)}.`);
}

export async function runStructuredPrune(
  specifier: string,
  flags: ChannelFlags & { readonly out: string },
  signal: AbortSignal,
): Promise<void> {
  const scored = await scoreAndReport(specifier, flags, signal);
  const { model, structure, keep, criterion } = scored;
  await writeChannelMasks(flags.out, model, structure, keep, { method: criterion.name, sparsity: flags.sparsity });
  show(scored, flags);
  note(`The masks are in ${formatPath(flags.out)}.`);
}
