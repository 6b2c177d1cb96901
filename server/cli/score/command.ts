/** `prunelens score` and `prunelens prune`: scores of all weights, and masks that keep the highest. */

import { formatCount, formatPath, formatPercent, formatSeconds } from '../../format';
import { checkMasksOutput, maskFiles, writePrunedMasks } from '../../masks/output';
import { writeScores } from '../../masks/scoreFile';
import { isStatistic } from '../../models/types';
import { usageError } from '../../protocol/errors';
import type { Stability } from '../../protocol/stability';
import {
  type Criterion,
  controlledName,
  type Diagnostics,
  layersJson,
  type Masks,
  parsePattern,
  patternSparsity,
  reportSparsity,
  type Scores,
  selectMasks,
  splitControl,
} from '../../pruning';
import { denseMacs, sparseMacs } from '../../pruning/structured';
import { withExecutor } from '../../request/executor';
import type {
  BatchesOption,
  CriterionOptions,
  ModelOptions,
  ObjectiveFlags,
  StabilityFlags,
} from '../../request/flags';
import { findMethod } from '../../request/methods';
import { openModel, type PreparedModel } from '../../request/model';
import { checkPreset } from '../../request/presets';
import { openBatches, scoreModel, stabilityOfModel } from '../../request/scoring';
import { layersTable, warnOfCollapse } from '../terminal/layers';
import { checkOutput } from '../terminal/outputFile';
import { withProgress } from '../terminal/progress';
import { note, noteData, print, printJson } from '../terminal/streams';
import { gradientNormsTable } from './gradientNorms';
import { stabilityLines, stabilityTable } from './stability';

export interface ScoreFlags extends ModelOptions, CriterionOptions, ObjectiveFlags, BatchesOption, StabilityFlags {
  readonly method: string;
  /** 0 where it is not given: all weights stay. */
  readonly sparsity?: number;
  readonly out?: string;
}

export interface PruneFlags extends ScoreFlags {
  readonly sparsity: number;
  readonly out: string;
}

interface Scored {
  readonly criterion: Criterion;
  readonly model: PreparedModel;
  readonly backend: string;
  readonly seconds: number;
  readonly scores: Scores;
  readonly masks: Masks;
  readonly report: Awaited<ReturnType<typeof reportSparsity>>;
  readonly diagnostics: Diagnostics;
  readonly stability?: Stability;
}

/** Scores the model, selects, and looks at what stays. `seconds` is the time of scoring alone. */
async function scoreAndSelect(specifier: string, flags: ScoreFlags, signal: AbortSignal): Promise<Scored> {
  const method = controlledName(flags.method, flags.control);
  findMethod(method);
  if (flags.out !== undefined) await checkOutput(flags.out);
  const { model, request } = await openModel(specifier, flags, signal, { trusted: true });
  const { scoring, selection } = request;
  const criterion = findMethod(method, scoring);
  checkGradientNorms(criterion, flags);
  checkPreset([criterion], flags.preset);
  noteWithoutEffect(criterion, model, flags);
  const source = await openBatches(criterion, model, request);
  noteData([source]);
  const sparsity = flags.sparsity ?? 0;
  return withExecutor(request, note, async (executor) => {
    const asked = { criterion, model, executor, source, scoring, selection, sparsity, signal };
    const { result, seconds } = await withProgress(criterion.title, (onProgress) =>
      scoreModel({ ...asked, onProgress }),
    );
    const stability = scoring.stability && (await stabilityOfModel(asked, result));
    const masks = selectMasks(result, { sparsity, ...selection });
    const report = await reportSparsity(executor, model.network, masks);
    const { scores, diagnostics = {} } = result;
    const { backend } = executor;
    return { criterion, model, backend, seconds, scores, masks, report, diagnostics, ...(stability && { stability }) };
  });
}

/** @throws a usage error where `--gradient-norms` is asked of a method that has no meta-gradient. */
function checkGradientNorms({ name, title }: Criterion, { gradientNorms }: ScoreFlags): void {
  if (!gradientNorms || splitControl(name).method === 'prospr') return;
  throw usageError(
    `--gradient-norms compares ProsPr's meta-gradient with the gradient; ${title} has no meta-gradient.`,
    'Use it with --method prospr.',
  );
}

/** What the masks leave of the multiplications, and what that is worth. */
function costOf({ network }: PreparedModel, masks: Masks): string {
  const [dense, sparse] = [denseMacs(network), sparseMacs(network, masks)].map(formatCount);
  return `MACs per example: ${dense} dense, ${sparse} sparse. A mask over single weights by itself saves no time.\n`;
}

/** Says which of the options given make no difference here. */
function noteWithoutEffect({ title, usesStatistics }: Criterion, { network }: PreparedModel, flags: ScoreFlags): void {
  if (flags.control === 'reinitialize') {
    note('Weights drawn anew change the training, not the scores: give --control reinitialize to train, too.');
  }
  if (!flags.warmUpBatches) return;
  if (!usesStatistics) note(`--warm-up-batches makes no difference: ${title} does not score with moving statistics.`);
  else if (!network.parameters.some(isStatistic)) {
    note(`--warm-up-batches makes no difference: ${network.name} has no batch normalization.`);
  }
}

function show(scored: Scored, flags: ScoreFlags): void {
  const { criterion, model, masks, backend, seconds, report, diagnostics, stability } = scored;
  warnOfCollapse(report);
  const { warnings = [], innerLr, adjointNorms, gradientNorms } = diagnostics;
  for (const warning of warnings) note(`Warning: ${warning}`);
  if (flags.json) {
    printJson({
      method: criterion.name,
      backend,
      seconds,
      seed: model.seed,
      sparsity: flags.sparsity ?? 0,
      prunable: report.prunable,
      kept: report.kept,
      effectiveKept: report.connected,
      denseMacs: denseMacs(model.network),
      sparseMacs: sparseMacs(model.network, masks),
      log10Paths: report.log10Paths,
      layers: layersJson(report),
      collapsed: report.collapsed,
      ...(innerLr !== undefined && { innerLr }),
      ...(adjointNorms && { adjointNorms }),
      ...(gradientNorms && { gradientNorms }),
      ...(stability && { stability }),
      warnings,
    });
    return;
  }
  const target = flags.sparsity === undefined ? '' : ` at ${formatPercent(flags.sparsity)} sparsity`;
  note(`${criterion.title} on ${model.network.name}${target}: ${formatSeconds(seconds)} on ${backend}.`);
  print(layersTable(report));
  if (flags.sparsity !== undefined) print(costOf(model, masks));
  if (report.log10Paths !== null) note(`Paths from input to output: about 10^${report.log10Paths.toFixed(1)}.`);
  if (innerLr !== undefined) note(`Inner steps of ${innerLr}.`);
  if (gradientNorms) print(`\n${gradientNormsTable(gradientNorms)}`);
  if (!stability) return;
  print(`\n${stabilityTable(stability)}`);
  stabilityLines(stability).forEach(note);
}

export async function runScore(specifier: string, given: ScoreFlags, signal: AbortSignal): Promise<void> {
  const flags = withPattern(given);
  const scored = await scoreAndSelect(specifier, flags, signal);
  if (flags.out !== undefined) await writeScores(flags.out, scored.model.network, scored.scores);
  show(scored, flags);
  if (flags.out !== undefined) note(`The scores are in ${formatPath(flags.out)}.`);
}

/** With the sparsity of the pattern where none is given. */
function withPattern<Flags extends Pick<ScoreFlags, 'sparsity' | 'pattern'>>(flags: Flags): Flags {
  const { sparsity, pattern } = flags;
  if (sparsity !== undefined || pattern === undefined) return flags;
  return { ...flags, sparsity: patternSparsity(parsePattern(pattern)) };
}

export async function runPrune(specifier: string, given: PruneFlags, signal: AbortSignal): Promise<void> {
  const flags = withPattern(given);
  await checkMasksOutput(flags.out);
  const scored = await scoreAndSelect(specifier, flags, signal);
  const { criterion, model, masks } = scored;
  await writePrunedMasks(flags.out, model.network, masks, {
    method: criterion.name,
    sparsity: flags.sparsity,
    seed: model.seed,
  });
  show(scored, flags);
  note(`The masks are in ${maskFiles(flags.out).map(formatPath).join(' and ')}.`);
}
