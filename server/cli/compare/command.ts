/** `prunelens compare`: methods x sparsities x seeds, and the dense network, for one model or several. */

import { join } from 'node:path';
import {
  type ComparisonObserver,
  type ComparisonPlan,
  type ObservedRun,
  planComparison,
  runComparison,
} from '../../comparison/compare';
import type { CompareFlags } from '../../comparison/flags';
import { recordedBackend } from '../../comparison/folder';
import type { Executor } from '../../executors/types';
import { formatPath, formatPercent, formatSeconds, formatTestMetrics } from '../../format';
import type { RunKey, RunOutcome } from '../../protocol/comparison';
import { UserError } from '../../protocol/errors';
import { testMetrics } from '../../protocol/metricKeys';
import type { PredictorEvaluation } from '../../protocol/survival';
import { keepBackend, withExecutor } from '../../request/executor';
import { createProgress, type Progress } from '../terminal/progress';
import { note, noteData, print, printJson } from '../terminal/streams';
import { describeStep } from '../terminal/training';
import { formatNextSteps, formatSummary } from './summary';

/** What a command that compares does besides. */
export interface ComparisonExtras {
  /** Looks at the models before anything is written. */
  check(plan: ComparisonPlan): Promise<void>;
  /** Measures AutoS's predictor itself, before the first run; it becomes a part of the results. */
  evaluate(plan: ComparisonPlan, executor: Executor): Promise<PredictorEvaluation>;
}

function describeKey({ model, method, sparsity, seed }: RunKey, seeds: number): string {
  const what = method === 'dense' ? 'dense' : `${method} ${formatPercent(sparsity)}`;
  return `${model}  ${what}${seeds > 1 ? `  seed ${seed}` : ''}`;
}

function describeOutcome({ final, seconds }: RunOutcome): string {
  return `${formatTestMetrics(testMetrics(final))} (${formatSeconds(seconds)})`;
}

/** Shows a comparison on the terminal. */
function createDisplay(seeds: number): ComparisonObserver & { readonly stop: () => Progress | undefined } {
  let progress: Progress | undefined;
  const nameOf = ({ key, index, count }: ObservedRun) => `[${index + 1}/${count}] ${describeKey(key, seeds)}`;
  return {
    planned({ runs }, finished) {
      progress = createProgress('compare');
      if (finished.length > 0) progress.line(`${finished.length} of ${runs.length} runs are there already.`);
    },
    started: (run, done) => progress?.update(done, 1, nameOf(run)),
    progress(run, done, event) {
      if (event.kind === 'step') progress?.update(done, 1, `${nameOf(run)}  ${describeStep(event)}`);
    },
    finished(run, outcome) {
      progress?.line(`${nameOf(run)}: ${describeOutcome(outcome)}`);
      for (const warning of outcome.pruning.warnings ?? []) progress?.line(`${nameOf(run)}: ${warning}`);
    },
    failed: (run, error) => progress?.line(`${nameOf(run)}: failed. ${error}`),
    stop() {
      progress?.stop();
      return progress;
    },
  };
}

export async function runCompare(
  specifiers: readonly string[],
  flags: CompareFlags,
  signal: AbortSignal,
  extras?: ComparisonExtras,
) {
  const plan = await planComparison(specifiers, flags, signal, { trusted: true });
  await extras?.check(plan);
  noteData(plan.models.map(({ dataset }) => dataset));
  const request = keepBackend(plan.models[0].request, await recordedBackend(plan.out));
  await withExecutor(request, note, async (executor) => {
    const display = createDisplay(flags.seeds);
    try {
      const evaluate = extras && (() => extras.evaluate(plan, executor));
      const { sideBySide } = flags;
      const beside = { ...(sideBySide !== undefined && { sideBySide }) };
      const running = { plan, executor, signal, observer: display, ...beside, ...(evaluate && { evaluate }) };
      const comparison = await runComparison(running);
      display.stop();
      if (flags.json) printJson(comparison);
      else print(`\n${formatSummary(comparison)}`);
      note(`\n${formatNextSteps(specifiers[0], formatPath(join(plan.out, 'report.html')))}`);
      const { failures, planned } = comparison;
      if (failures.length === 0) return;
      const names = failures.map((key) => describeKey(key, flags.seeds)).join('; ');
      throw new UserError(`${failures.length} of ${planned} runs failed: ${names}.`, {
        hint: 'Their errors are above; --resume tries them again.',
      });
    } catch (error) {
      const hasBegun = display.stop() !== undefined;
      if (hasBegun && signal.aborted && error === signal.reason)
        note(`The finished runs are in ${formatPath(plan.out)}; go on with --resume.`);
      throw error;
    }
  });
}
