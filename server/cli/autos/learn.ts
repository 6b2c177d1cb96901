/** `prunelens autos learn`: iterative prunings and a predictor in one go. */
import { collectSurvival } from '../../autos/dataset/collect';
import { labelModels } from '../../comparison/plan';
import { withFolderLock } from '../../files/lock';
import { checkOutputFile } from '../../files/output';
import { formatPath, formatSeconds } from '../../format';
import { learnPredictor, type PredictorFlags } from '../../learning/predictor';
import { prepareRewinds, type RewindFlags } from '../../learning/rewinding';
import { withExecutor } from '../../request/executor';
import { defined } from '../../request/options';
import { createProgress } from '../terminal/progress';
import { note, printJson } from '../terminal/streams';
import { showCollecting } from './dataset';
import type { LearnFlags } from './learnOptions';
import { predictorJson, showTraining, tellPredictor } from './predictorProgress';

/** The data set's folder where none is named: beside the predictor, under its name. */
function besidePredictor(out: string): string {
  return `${out.replace(/\.safetensors$/, '')}.dataset`;
}

/** The prunings that the flags mean: one epoch a training unless they say otherwise, so that it is done in minutes. */
function rewindFlags({ schedule, ...flags }: LearnFlags): RewindFlags {
  return {
    ...flags,
    epochs: flags.epochs ?? 1,
    schedule: 'pct',
    criterion: 'magnitude',
    rewindEpoch: 0,
    ...(schedule && { learningRateSchedule: schedule }),
  };
}

function predictorFlags(flags: LearnFlags): PredictorFlags {
  const { predictorLoss: loss, predictorEpochs: epochs, predictorLr: lr, predictorBatchSize: batchSize } = flags;
  const { loss: _, epochs: __, lr: ___, batchSize: ____, ...rest } = flags;
  return { ...rest, ...defined({ loss, epochs, lr, batchSize }) };
}

/** An interruption keeps finished iterations, from which the same command goes on, and is then thrown on. */
export async function runLearn(specifiers: readonly string[], flags: LearnFlags, signal: AbortSignal) {
  const { out, dataset = besidePredictor(out) } = flags;
  await checkOutputFile(out);
  const labels = labelModels(specifiers);
  const prepared = [];
  for (const [i, specifier] of specifiers.entries()) {
    prepared.push(await prepareRewinds(specifier, labels[i], rewindFlags(flags), signal, { trusted: true }));
  }
  const tasks = prepared.flatMap((model) => model.tasks);
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  await withExecutor(flags, prepared[0].model.settings, note, async (executor) => {
    const pruning = createProgress('autos learn');
    try {
      const onProgress = showCollecting(pruning);
      await withFolderLock(dataset, () =>
        collectSurvival({ tasks, executor, folder: dataset, resume: true, signal, onProgress }),
      );
    } catch (error) {
      pruning.stop();
      if (signal.aborted) note(`What was finished is in ${formatPath(dataset)}; the same command goes on from there.`);
      throw error;
    } finally {
      pruning.stop();
    }
    note(`The data set is in ${formatPath(dataset)} (${formatSeconds(elapsed())}).`);
    const training = createProgress('autos learn');
    try {
      const onProgress = showTraining(training);
      const predictor = await learnPredictor({
        dataset,
        flags: predictorFlags(flags),
        out,
        executor,
        signal,
        onProgress,
      });
      training.stop();
      signal.throwIfAborted();
      if (flags.json) printJson({ dataset, ...predictorJson(predictor, out, elapsed()) });
      tellPredictor(predictor, out);
    } finally {
      training.stop();
    }
  });
}
