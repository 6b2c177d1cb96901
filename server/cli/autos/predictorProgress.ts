/** What a predictor's training shows, and what is said of the predictor in the end. */
import type { PredictorEvent } from '../../autos/predictor/train';
import type { Agreement, Predictor } from '../../autos/predictor/types';
import { formatCount, formatPath, formatPercent } from '../../format';
import type { Progress } from '../terminal/progress';
import { note } from '../terminal/streams';

function describe({ rankCorrelation, error, overlap }: Agreement): string {
  const numbers = `rank correlation ${rankCorrelation.toFixed(4)}, error ${error.toFixed(4)}`;
  return `${numbers}, ${formatPercent(overlap)} of the 2 % that survive longest`;
}

/** Shows the events of a training. */
export function showTraining(progress: Progress): (event: PredictorEvent) => void {
  return (event) => {
    if (event.kind === 'start') {
      progress.line(`Learning from ${formatCount(event.samples)} weights, ${event.epochs} epochs.`);
      return;
    }
    const place = `epoch ${event.epoch}/${event.epochs}`;
    if (event.kind === 'epoch') {
      const where = event.isHeldOut ? 'on the model held out' : 'on the weights learned from';
      progress.line(`${place}: loss ${event.loss.toFixed(5)}; ${where}: ${describe(event.agreement)}.`);
      return;
    }
    const done = (event.epoch - 1) * event.steps + event.step;
    progress.update(done, event.epochs * event.steps, `${place}  loss ${event.loss.toFixed(5)}`);
  };
}

/** The predictor as `--json` shows it. */
export function predictorJson({ features, architecture, card }: Predictor, file: string, seconds: number) {
  return { file, seconds, features, architecture, ...card };
}

/** In a few lines: how good the predictor is, where it lies, and what to do with it. */
export function tellPredictor({ card }: Predictor, file: string): void {
  const { heldOut, unseen, training } = card;
  const labels = [...new Set(heldOut.map(({ label }) => label))].join(', ');
  note(`On the weights learned from: ${describe(training)}.`);
  if (unseen) note(`On ${labels}, never seen: ${describe(unseen)}.`);
  else note('No model was held out, so nothing is known of other models: add runs of a second one to the data set.');
  const path = formatPath(file);
  note(`The predictor is in ${path}. Use it with: --method autos --predictor ${path}`);
}
