/** `prunelens autos train`: a predictor from a data set. */

import { formatPath } from '../../format';
import { learnPredictor } from '../../learning/predictor';
import { withExecutor } from '../../request/executor';
import { resolveBackend } from '../../request/resolve';
import { checkOutput } from '../terminal/outputFile';
import { createProgress } from '../terminal/progress';
import { note, printJson } from '../terminal/streams';
import type { PredictorTrainingFlags } from './flags';
import { predictorJson, showTraining, tellPredictor } from './predictorProgress';

/** An interruption after the first measured epoch writes the predictor as it was then, and is thrown on. */
export async function runPredictorTraining(dataset: string, flags: PredictorTrainingFlags, signal: AbortSignal) {
  const { out } = flags;
  await checkOutput(out);
  await withExecutor(resolveBackend(flags), note, async (executor) => {
    const progress = createProgress('autos train');
    const start = performance.now();
    try {
      const onProgress = showTraining(progress);
      const predictor = await learnPredictor({ dataset, flags, out, executor, signal, onProgress });
      progress.stop();
      if (signal.aborted) {
        const { epochs, settings } = predictor.card;
        note(`The predictor after ${epochs} of ${settings.epochs} epochs is in ${formatPath(out)}.`);
        throw signal.reason;
      }
      if (flags.json) printJson(predictorJson(predictor, out, (performance.now() - start) / 1000));
      tellPredictor(predictor, out);
    } finally {
      progress.stop();
    }
  });
}
