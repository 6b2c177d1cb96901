/** `prunelens train`: masked training into a run folder. */

import { batchCount } from '../../data/batches';
import type { Executor } from '../../executors/types';
import { isLockFile } from '../../files/lock';
import { listFolder } from '../../files/output';
import { formatCount, formatMetric, formatPath, formatPercent, formatSeconds } from '../../format';
import { readMasks } from '../../masks/maskFile';
import { writeWeights } from '../../masks/weightsFile';
import type { Network } from '../../models/types';
import type { Dataset } from '../../protocol/data';
import { usageError } from '../../protocol/errors';
import { metricsOf, pickMetrics, SPLITS } from '../../protocol/metricKeys';
import {
  type Control,
  effectiveSparsity,
  type Masks,
  reinitializedWeights,
  shuffleMasks,
  type Weights,
} from '../../pruning';
import { initialMasks, masksOfFile, trainedConfig } from '../../request/changing';
import { requireData } from '../../request/data';
import { keepBackend, withExecutor } from '../../request/executor';
import type { ModelOptions, TrainingFlags } from '../../request/flags';
import { openTrained, type PreparedModel } from '../../request/model';
import { readOthers } from '../../request/weights';
import { isBeginningOfRun } from '../../runs/files';
import { hasRun, readRunConfig } from '../../runs/read';
import type { FinishedEpoch } from '../../runs/types';
import type { TrainingConfig } from '../../training/config';
import { train } from '../../training/train';
import type { TrainingResult } from '../../training/types';
import { checkOutput } from '../terminal/outputFile';
import { createProgress } from '../terminal/progress';
import { note, noteData, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';
import { showTraining } from '../terminal/training';
import { type ChangingFlags, changesJson, changingMethod, noteChanges } from './changing';

export interface TrainFlags extends ModelOptions, TrainingFlags, ChangingFlags {
  /** Sanity control: trains with shuffled masks, or from other weights than those that were scored. */
  readonly control?: Control;
  /** False to train channels too that the masks leave unread. */
  readonly compact?: boolean;
  readonly out: string;
  readonly saveWeights?: string;
  readonly resume?: boolean;
}

/** Whether there is a run to continue in the output folder. */
async function checkRunFolder({ out, resume }: TrainFlags): Promise<boolean> {
  if ((await listFolder(out)).every((name) => isLockFile(name) || isBeginningOfRun(name))) return false;
  if (!resume) {
    throw usageError(
      `${out} exists and is not empty.`,
      'Continue the run in it with --resume, or choose another folder.',
    );
  }
  if (!(await hasRun(out)))
    throw usageError(`There is no run to resume in ${out}, but other files are.`, 'Choose another folder.');
  return true;
}

function epochJson(epoch: FinishedEpoch) {
  return { epoch: epoch.epoch, ...pickMetrics(epoch) };
}

/** Says what the masks saved: by themselves nothing, but channels that nothing reads any more are left out. */
function noteCompaction({ shrink }: Network, { compaction }: TrainingResult): void {
  if (!compaction) {
    const why = shrink ? 'this one leaves every channel in use' : 'nothing is left out of a model of another framework';
    note(`A mask by itself saves no time, and ${why}: all multiplications were done.`);
    return;
  }
  const { kept, channels, macs, denseMacs } = compaction;
  note(
    `The masks leave ${formatCount(channels - kept)} of ${formatCount(channels)} channels unread; without them ` +
      `${formatCount(macs)} of ${formatCount(denseMacs)} MACs were computed per example (${formatPercent(macs / denseMacs)}).`,
  );
}

/** How many examples a second are read by one process, and trained; undefined where they are in memory. */
function ratesOf({ reading, train: { size } }: Dataset, { epochs, seconds }: TrainingResult) {
  const read = reading?.();
  if (!read || read.seconds === 0 || seconds === 0) return undefined;
  const trained = (size * epochs.length) / seconds;
  return { readPerSecond: Math.round(read.examples / read.seconds), trainedPerSecond: Math.round(trained) };
}

function show(result: TrainingResult, flags: TrainFlags, rates: ReturnType<typeof ratesOf>): void {
  if (flags.json) {
    printJson({
      backend: result.backend,
      seconds: result.seconds,
      epochs: result.epochs.map(epochJson),
      ...(result.compaction && { compaction: result.compaction }),
      ...(result.updates && { masks: changesJson(result) }),
      ...rates,
      final: result.final ? epochJson(result.final) : null,
      runDir: flags.out,
    });
    return;
  }
  if (!result.final) return;
  const { final, backend, seconds } = result;
  const measured = SPLITS.flatMap((split) => metricsOf(final, split).map((one) => ({ ...one, split })));
  const values = measured.map(({ metric, value }) => formatMetric(value, metric));
  const row = [String(final.epoch), ...values, formatSeconds(seconds), backend];
  const columns = measured.map(({ metric, split }) => `${split} ${metric.title}`);
  const titles = ['epochs', ...columns, 'time', 'backend'];
  print(
    formatTable(
      titles.map((title) => ({ title, align: title === 'backend' ? 'left' : 'right' })),
      [row],
    ),
  );
}

/** Masks and initial weights as the control spoils them. */
async function underControl(
  { control }: TrainFlags,
  { network, seed, weights }: PreparedModel,
  masks: Masks | undefined,
): Promise<{ readonly masks: Masks | undefined; readonly weights: Weights }> {
  switch (control) {
    case undefined:
      return { masks, weights };
    case 'reinitialize':
      return { masks, weights: await reinitializedWeights(network, seed) };
    case 'shuffle':
      if (masks) return { masks: shuffleMasks(masks, seed), weights };
      throw usageError('--control shuffle shuffles masks, and none are given.', 'Name them with --masks.');
    case 'invert':
      throw usageError('--control invert inverts scores, and masks have none.', 'Give it to prune, which writes them.');
  }
}

/** Multiplications in all forward passes of a training. */
function multiplications({ layers }: Network, { train: { size } }: Dataset, { epochs }: TrainingConfig): number {
  return layers.reduce((sum, { macs }) => sum + macs, 0) * size * epochs;
}

/** For a run that goes on on a device whose sums may come in any order. */
const INEXACT =
  'Training goes on, but not to the bit as if it had not been interrupted: for that, begin a run with --deterministic.';

/** Trains the model; a resumed run has its own masks and initial weights. An interruption keeps the finished epochs, shows them and is then thrown on. */
export async function runTrain(specifier: string, flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const resume = await checkRunFolder(flags);
  if (flags.saveWeights !== undefined) await checkOutput(flags.saveWeights);
  const { model, request } = await openTrained(specifier, flags, signal, { trusted: true });
  const { network } = model;
  const changing = changingMethod(flags);
  const { dataset, data } = await requireData(request, network);
  noteData([dataset]);
  const given = flags.masks === undefined ? undefined : await readMasks(network, flags.masks);
  const config = trainedConfig(request, changing, given ?? (resume ? await masksOfFile(flags.out) : undefined));
  const { masks, weights } = await underControl(flags, model, given);
  const begun = resume ? await readRunConfig(flags.out) : undefined;
  const { saveWeights } = flags;
  const others =
    saveWeights === undefined ? new Map() : await readOthers(network, flags.weights ?? begun?.origin.weightsFile);
  const use = async (executor: Executor) => {
    if (resume && executor.computation?.deterministic === false) note(INEXACT);
    const progress = createProgress(network.name);
    try {
      const isMade = changing !== undefined && masks === undefined && !resume;
      const initial = isMade ? await initialMasks({ model, request, executor, dataset, signal }, changing) : masks;
      const isCounted = initial !== undefined && changing === undefined && !resume;
      return await train({
        network,
        weights,
        ...(initial && { masks: initial }),
        ...(isCounted && { effectiveSparsity: await effectiveSparsity(executor, network, initial) }),
        compact: flags.compact ?? true,
        dataset,
        executor,
        config,
        runDir: flags.out,
        resume,
        storeInitialWeights: weights !== model.weights || flags.weights !== undefined,
        origin: {
          ...(model.network.exportName !== undefined && { exportName: model.network.exportName }),
          data,
          ...(changing && { method: changing.method, sparsity: changing.sparsity }),
          ...(flags.masks !== undefined && { masksFile: flags.masks }),
          ...(flags.weights !== undefined && { weightsFile: flags.weights }),
          ...(flags.control !== undefined && { control: flags.control }),
        },
        signal,
        onProgress: showTraining(progress, config.epochs),
      });
    } finally {
      progress.stop();
    }
  };
  const result = await withExecutor(
    keepBackend(request, begun?.backend),
    note,
    use,
    multiplications(network, dataset, config),
  );
  const rates = ratesOf(dataset, result);
  show(result, flags, rates);
  if (rates) {
    const read = `${formatCount(rates.readPerSecond)} examples a second were read by one process`;
    note(`${read}, ${formatCount(rates.trainedPerSecond)} trained, tests included.`);
  }
  if (changing) noteChanges(result);
  else if (result.masks.size > 0 && flags.compact !== false) noteCompaction(network, result);
  const place = formatPath(flags.out);
  if (result.interrupted) {
    const count = result.epochs.length === 1 ? '1 finished epoch is' : `${result.epochs.length} finished epochs are`;
    note(`${count} kept in ${place}; go on with --resume.`);
    throw signal.reason;
  }
  if (result.stoppedEarly) note('Stopped early: the test loss has not fallen any more.');
  note(`The run is in ${place}.`);
  if (saveWeights === undefined) return;
  const steps = result.epochs.length * batchCount(dataset.train.size, config.batchSize, true);
  await writeWeights(saveWeights, network, result.weights, others, steps);
  note(`The trained weights are in ${formatPath(saveWeights)}.`);
}
