/** `prunelens autos evaluate`: a comparison on networks that the predictor has never seen. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparisonPlan } from '../../comparison/compare';
import { formatPath, formatPercent } from '../../format';
import { checkUnseen, type EvaluatedPredictor, evaluatePredictor, openPredictor } from '../../learning/evaluation';
import type { Comparison } from '../../protocol/comparison';
import { UserError, usageError } from '../../protocol/errors';
import type { PredictorEvaluation } from '../../protocol/survival';
import { runCompare } from '../compare/command';
import { note } from '../terminal/streams';
import { formatTable } from '../terminal/table';
import type { EvaluateFlags } from './flags';

/** The predictor that flags or settings name, the same one for all models. */
async function predictorOf({ models }: ComparisonPlan) {
  const files = [...new Set(models.map(({ request }) => request.scoring.predictor))];
  if (files.length > 1) {
    throw usageError('The settings of the models name different predictors.', 'Name one with --predictor.');
  }
  return openPredictor(files[0]);
}

/** SHA-256 of the predictor that the runs in the folder are of; undefined where there are no results. */
async function predictorBefore(folder: string): Promise<string | undefined> {
  const path = join(folder, 'results.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return (JSON.parse(text) as Comparison).predictor?.sha256;
  } catch {
    throw new UserError(`${formatPath(path)} is damaged: it is not JSON.`, { hint: 'Choose another --out.' });
  }
}

/** @throws a usage error where the runs in the folder are of another predictor, which may have been in the same file. */
async function checkSamePredictor(folder: string, { sha256 }: EvaluatedPredictor): Promise<void> {
  const before = await predictorBefore(folder);
  if (before === undefined || before === sha256) return;
  throw usageError(
    `The evaluation in ${folder} was begun with another predictor than this one.`,
    'Go on with that predictor, or choose another --out.',
  );
}

function describeRuns({ runs }: PredictorEvaluation): string {
  return runs
    .map(({ name, agreements }) => {
      const sparsities = agreements[0].overlaps.map(({ sparsity }) => sparsity);
      const columns = [
        { title: name },
        { title: 'rank correlation', align: 'right' as const },
        ...sparsities.map((one) => ({ title: `top at ${formatPercent(one)}`, align: 'right' as const })),
      ];
      const rows = agreements.map(({ title, rankCorrelation, overlaps }) => [
        title,
        rankCorrelation.toFixed(4),
        ...overlaps.map(({ overlap }) => formatPercent(overlap)),
      ]);
      return formatTable(columns, rows);
    })
    .join('\n');
}

export async function runEvaluate(specifiers: readonly string[], given: EvaluateFlags, signal: AbortSignal) {
  const { truth: truths = [], allowSeen = false, ...flags } = given;
  const named = ({ models }: ComparisonPlan) =>
    models.map(({ label, settings }) => ({ label, modelHash: settings.model }));
  let evaluated: EvaluatedPredictor | undefined;
  await runCompare(specifiers, flags, signal, {
    async check(plan) {
      evaluated = await predictorOf(plan);
      if (!allowSeen) checkUnseen(evaluated, named(plan));
      await checkSamePredictor(flags.out, evaluated);
    },
    async evaluate(plan, executor) {
      const { sparsities } = plan;
      const request = { evaluated: evaluated!, models: named(plan), truths, sparsities, executor, signal };
      const evaluation = await evaluatePredictor(request);
      const { file, seen, runs } = evaluation;
      if (seen.length > 0) note(`Warning: ${file} has learned from ${seen.join(', ')} already.`);
      if (runs.length > 0) note(describeRuns(evaluation));
      return evaluation;
    },
  });
}
