/** What an evaluation says of AutoS's predictor. */
import type { PredictorEvaluation } from '../../server/protocol/survival';
import { element, scrolling, table } from '../shared/elements';
import { coefficient, exactPercent, percent } from '../shared/format';

function runTable({ name, agreements }: PredictorEvaluation['runs'][number]): HTMLElement[] {
  const sparsities = agreements[0]?.overlaps.map(({ sparsity }) => sparsity) ?? [];
  const rows = agreements.map(({ title, rankCorrelation, overlaps }) => [
    title,
    coefficient(rankCorrelation),
    ...overlaps.map(({ overlap }) => percent(overlap)),
  ]);
  const columns = [
    'scores',
    'rank correlation',
    ...sparsities.map((sparsity) => `of the top at ${exactPercent(sparsity)}`),
  ];
  return [element('p', {}, name), scrolling(table(columns, rows))];
}

/** The section; nothing where no predictor was evaluated. */
export function predictorSection(evaluation: PredictorEvaluation | undefined): HTMLElement[] {
  if (!evaluation) return [];
  const { file, trainedOn, seen, runs } = evaluation;
  const origins = trainedOn.map(({ label, data }) => `${label} on ${data}`).join(', ');
  const warning = `It has learned from ${seen.join(', ')} already: what AutoS does there is no test of it.`;
  const truth =
    'Scores against how long iterative pruning kept the weights: their rank correlation, and how many of those ';
  return [
    element(
      'section',
      {},
      element('h2', {}, "AutoS's predictor"),
      element('p', {}, `${file}, learned from ${origins}.`),
      ...(seen.length > 0 ? [element('p', { class: 'warning' }, warning)] : []),
      ...(runs.length > 0
        ? [element('p', { class: 'quiet' }, `${truth}that survived longest are among those with the highest scores.`)]
        : []),
      ...runs.flatMap(runTable),
    ),
  ];
}
