/** `prunelens autos learn`: iterative prunings and a predictor in one go. */
import { begunBackend } from '../../autos/dataset/collect';
import { labelModels } from '../../comparison/plan';
import { formatPath, formatSeconds } from '../../format';
import { datasetBeside, type LearningObserver, learn, learningRewinds } from '../../learning/learn';
import type { PredictorFlags } from '../../learning/predictor';
import { type PreparedRewinds, prepareRewinds } from '../../learning/rewinding';
import { keepBackend, withExecutor } from '../../request/executor';
import { defined } from '../../request/options';
import { checkOutput } from '../terminal/outputFile';
import { createProgress, type Progress } from '../terminal/progress';
import { note, printJson } from '../terminal/streams';
import { showCollecting } from './dataset';
import type { LearnFlags } from './flags';
import { predictorJson, showTraining, tellPredictor } from './predictorProgress';

function predictorFlags(flags: LearnFlags): PredictorFlags {
  const { predictorLoss: loss, predictorEpochs: epochs, predictorLr: lr, predictorBatchSize: batchSize } = flags;
  const { loss: _, epochs: __, lr: ___, batchSize: ____, ...rest } = flags;
  return { ...rest, ...defined({ loss, epochs, lr, batchSize }) };
}

/** Shows the prunings, then the predictor's training, each with a bar of its own. */
function createDisplay(elapsed: () => number): LearningObserver & { stop(): void; isCollected(): boolean } {
  const pruning = createProgress('autos learn');
  let training: Progress | undefined;
  return {
    pruning: showCollecting(pruning),
    collected(dataset) {
      pruning.stop();
      note(`The data set is in ${formatPath(dataset)} (${formatSeconds(elapsed())}).`);
      training = createProgress('autos learn');
    },
    training: (event) => training && showTraining(training)(event),
    stop() {
      pruning.stop();
      training?.stop();
    },
    isCollected: () => training !== undefined,
  };
}

/** An interruption keeps finished iterations, from which the same command goes on, and is then thrown on. */
export async function runLearn(specifiers: readonly string[], flags: LearnFlags, signal: AbortSignal) {
  const { out, dataset = datasetBeside(out) } = flags;
  await checkOutput(out);
  const labels = labelModels(specifiers);
  const prepared: PreparedRewinds[] = [];
  for (const [i, specifier] of specifiers.entries()) {
    prepared.push(await prepareRewinds(specifier, labels[i], learningRewinds(flags), signal, { trusted: true }));
  }
  const tasks = prepared.flatMap((model) => model.tasks);
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const request = keepBackend(prepared[0].request, await begunBackend(dataset, tasks));
  await withExecutor(request, note, async (executor) => {
    const display = createDisplay(elapsed);
    try {
      const learning = { tasks, dataset, predictor: predictorFlags(flags), out, executor, signal };
      const predictor = await learn({ ...learning, observer: display });
      display.stop();
      if (flags.json) printJson({ dataset, ...predictorJson(predictor, out, elapsed()) });
      tellPredictor(predictor, out);
    } catch (error) {
      display.stop();
      const place = formatPath(dataset);
      if (signal.aborted && !display.isCollected())
        note(`What was finished is in ${place}; the same command goes on from there.`);
      throw error;
    }
  });
}
