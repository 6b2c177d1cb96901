/** `prunelens score --structured` and `prunelens prune --structured`: scores of channels, and masks that keep the highest. */

import { formatCount, formatPath, formatPercent, formatSeconds } from '../../format';
import { kernelMasks, writeChannelMasks } from '../../masks/channelMasks';
import { checkMasksOutput, maskFiles } from '../../masks/output';
import { writeChannelScores } from '../../masks/scoreFile';
import { layersJson, reportSparsity, type SparsityReport } from '../../pruning';
import { denseMacs, sparseMacs } from '../../pruning/structured';
import { openModel } from '../../request/model';
import type { ChannelChoice } from '../../request/types';
import { type ScoredChannels, scoreAndSelectChannels } from '../../shrinking/scoring';
import { channelsJson } from '../../shrinking/sizes';
import { layersTable } from '../terminal/layers';
import { checkOutput } from '../terminal/outputFile';
import { note, print, printJson } from '../terminal/streams';
import type { ChannelFlags } from './flags';
import { channelsTable } from './report';
import { onTerminal } from './surroundings';

interface Reported extends ScoredChannels {
  readonly report: SparsityReport;
  readonly sparseMacs: number;
  readonly of: ChannelChoice['of'];
}

async function scoreAndReport(specifier: string, flags: ChannelFlags, signal: AbortSignal): Promise<Reported> {
  if (flags.out !== undefined) await checkOutput(flags.out);
  const requested = await openModel(specifier, flags, signal, { trusted: true });
  const { model, request } = requested;
  return scoreAndSelectChannels(requested, flags, onTerminal(signal), async (scored, executor) => {
    const masks = kernelMasks(model, scored.structure, scored.keep);
    const report = await reportSparsity(executor, model.network, masks);
    return { ...scored, report, sparseMacs: sparseMacs(model.network, masks), of: request.channels.of };
  });
}

function show(scored: Reported, flags: ChannelFlags): void {
  const { criterion, model, structure, backend, seconds, keep, report, of } = scored;
  const macs = { denseMacs: denseMacs(model.network), sparseMacs: scored.sparseMacs };
  if (flags.json) {
    printJson({
      method: criterion.name,
      structured: true,
      backend,
      seconds,
      seed: model.seed,
      sparsity: flags.sparsity ?? 0,
      sparsityOf: of,
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
  const target = flags.sparsity === undefined ? '' : ` at ${formatPercent(flags.sparsity)} sparsity of ${of}`;
  note(`${criterion.title} on ${model.network.name}${target}: ${formatSeconds(seconds)} on ${backend}.`);
  print(`${channelsTable(structure, keep)}\n${layersTable(report)}`);
  print(
    `MACs per example: ${formatCount(macs.denseMacs)} dense, ${formatCount(macs.sparseMacs)} without the removed channels. ` +
      'The mask by itself saves no time: `prunelens shrink` makes the smaller model that does.\n',
  );
}

export async function runStructuredScore(specifier: string, flags: ChannelFlags, signal: AbortSignal): Promise<void> {
  const scored = await scoreAndReport(specifier, flags, signal);
  const { model, structure, saliency } = scored;
  if (flags.out !== undefined) await writeChannelScores(flags.out, model.network, structure, saliency);
  show(scored, flags);
  if (flags.out !== undefined) note(`The scores are in ${formatPath(flags.out)}.`);
}

export async function runStructuredPrune(
  specifier: string,
  flags: ChannelFlags & { readonly out: string },
  signal: AbortSignal,
): Promise<void> {
  await checkMasksOutput(flags.out);
  const scored = await scoreAndReport(specifier, flags, signal);
  const { model, structure, keep, criterion } = scored;
  await writeChannelMasks(flags.out, model, structure, keep, { method: criterion.name, sparsity: flags.sparsity });
  show(scored, flags);
  note(`The masks are in ${maskFiles(flags.out).map(formatPath).join(' and ')}.`);
}
