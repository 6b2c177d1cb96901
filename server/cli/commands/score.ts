/** `prunelens score` and `prunelens prune`: scores of all weights, and masks that keep the highest. */
import { writeSafetensors } from '../../files/safetensors';
import { formatPath, formatPercent, formatSeconds } from '../../format';
import { openBatches, scoreModel, selectFor } from '../../preparation/criterion';
import { withExecutor } from '../../preparation/executor';
import { type PreparedModel, prepareModel } from '../../preparation/model';
import { checkOutputFile } from '../../preparation/output';
import type { BatchesOption, CriterionOptions, ModelOptions } from '../../preparation/requests';
import type { HostTensor } from '../../protocol/tensor';
import { floatTensor, intTensor } from '../../protocol/tensor';
import { type Criterion, findCriterion, layersJson, type Masks, reportSparsity, type Scores } from '../../pruning';
import { createProgress } from '../terminal/progress';
import { note, print, printJson } from '../terminal/streams';
import { layersTable, warnOfCollapse } from './layers';

export interface ScoreFlags extends ModelOptions, CriterionOptions, BatchesOption {
  readonly method: string;
  /** 0 where it is not given: all weights stay. */
  readonly sparsity?: number;
  readonly out?: string;
}

export interface PruneFlags extends ScoreFlags {
  readonly sparsity: number;
  readonly out: string;
}

function tensorsOf<T>(
  model: PreparedModel,
  values: ReadonlyMap<string, T>,
  tensorOf: (shape: readonly number[], values: T) => HostTensor,
): Map<string, HostTensor> {
  const shapes = new Map(model.network.parameters.map(({ name, shape }) => [name, shape]));
  return new Map(Array.from(values, ([name, data]) => [name, tensorOf(shapes.get(name)!, data)]));
}

function writeScores(path: string, model: PreparedModel, scores: Scores): Promise<void> {
  return writeSafetensors(path, tensorsOf(model, scores, floatTensor));
}

function writeMasks(path: string, model: PreparedModel, masks: Masks, metadata: Record<string, string>): Promise<void> {
  const tensors = tensorsOf(model, masks, (shape, mask: Uint8Array) => intTensor(shape, Int32Array.from(mask)));
  return writeSafetensors(path, tensors, { storage: 'U8', metadata });
}

interface Scored {
  readonly criterion: Criterion;
  readonly model: PreparedModel;
  readonly backend: string;
  readonly seconds: number;
  readonly scores: Scores;
  readonly masks: Masks;
  readonly report: Awaited<ReturnType<typeof reportSparsity>>;
}

/** Scores the model, selects, and looks at what stays. `seconds` is the time of scoring alone. */
async function scoreAndSelect(specifier: string, flags: ScoreFlags, signal: AbortSignal): Promise<Scored> {
  const criterion = findCriterion(flags.method);
  if (flags.out !== undefined) await checkOutputFile(flags.out);
  const model = await prepareModel(specifier, flags, signal);
  const source = await openBatches(criterion, model, flags);
  const sparsity = flags.sparsity ?? 0;
  return withExecutor(flags, model.settings, note, async (executor) => {
    const progress = createProgress(criterion.title);
    const start = performance.now();
    try {
      const onProgress = (done: number, total: number) => progress.update(done, total, '');
      const saliency = await scoreModel({ criterion, model, executor, source, flags, sparsity, signal, onProgress });
      const seconds = (performance.now() - start) / 1000;
      progress.stop();
      const masks = selectFor(model, saliency, sparsity, flags);
      const report = await reportSparsity(executor, model.network, masks);
      return { criterion, model, backend: executor.backend, seconds, scores: saliency.scores, masks, report };
    } finally {
      progress.stop();
    }
  });
}

function show({ criterion, model, backend, seconds, report }: Scored, flags: ScoreFlags): void {
  warnOfCollapse(report);
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
      layers: layersJson(report),
      collapsed: report.collapsed,
    });
    return;
  }
  const target = flags.sparsity === undefined ? '' : ` at ${formatPercent(flags.sparsity)} sparsity`;
  note(`${criterion.title} on ${model.network.name}${target}: ${formatSeconds(seconds)} on ${backend}.`);
  print(layersTable(report));
}

export async function runScore(specifier: string, flags: ScoreFlags, signal: AbortSignal): Promise<void> {
  const scored = await scoreAndSelect(specifier, flags, signal);
  if (flags.out !== undefined) await writeScores(flags.out, scored.model, scored.scores);
  show(scored, flags);
  if (flags.out !== undefined) note(`The scores are in ${formatPath(flags.out)}.`);
}

export async function runPrune(specifier: string, flags: PruneFlags, signal: AbortSignal): Promise<void> {
  const scored = await scoreAndSelect(specifier, flags, signal);
  const { criterion, model, masks } = scored;
  await writeMasks(flags.out, model, masks, {
    model: model.network.name,
    method: criterion.name,
    sparsity: String(flags.sparsity),
    seed: String(model.seed),
  });
  show(scored, flags);
  note(`The masks are in ${formatPath(flags.out)}.`);
}
