/** `prunelens compare`: methods x sparsities x seeds, and the dense network, for one model or several. */
import { join } from 'node:path';
import type { CompareFlags } from '../../comparison/flags';
import { checkFolder, openFolder } from '../../comparison/folder';
import { type ComparedNetwork, prepareCompared } from '../../comparison/model';
import { labelModels, planRuns } from '../../comparison/plan';
import { createComparison, formatCsv } from '../../comparison/results';
import { finishedRun, runOne } from '../../comparison/run';
import { createScoreCache } from '../../comparison/scoreCache';
import type { Executor } from '../../executors/types';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import { withFolderLock } from '../../files/lock';
import { formatPath, formatPercent, formatSeconds } from '../../format';
import type { RunFailure, RunKey, RunOutcome } from '../../protocol/comparison';
import { formatError, UserError } from '../../protocol/errors';
import type { PredictorEvaluation } from '../../protocol/survival';
import { controlledName } from '../../pruning';
import { createReport } from '../../reports/comparison';
import { checkMethod } from '../../request/comparedMethods';
import { withExecutor } from '../../request/executor';
import { createProgress, type Progress } from '../terminal/progress';
import { note, print, printJson } from '../terminal/streams';
import { describeStep } from '../terminal/training';
import { formatNextSteps, formatSummary } from './summary';

/** What a command that compares does besides. */
export interface ComparisonExtras {
  /** Looks at the models before anything is written. */
  check(models: readonly ComparedNetwork[]): Promise<void>;
  /** Measures AutoS's predictor itself, before the first run; it becomes a part of the results. */
  evaluate(models: readonly ComparedNetwork[], executor: Executor): Promise<PredictorEvaluation>;
}

interface Session {
  readonly flags: CompareFlags;
  readonly models: readonly ComparedNetwork[];
  readonly plan: readonly RunKey[];
  readonly executor: Executor;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly predictor?: PredictorEvaluation;
}

/** Multiplications that a layer-free example would cost: reading, copying and starting the kernels. */
const OVERHEAD_MACS = 300_000;

/** About how long a run takes, in a unit of its own. */
function cost({ model, dataset, training }: ComparedNetwork): number {
  const macs = model.network.layers.reduce((sum, layer) => sum + layer.macs, 0);
  return dataset.train.size * training.epochs * (macs + OVERHEAD_MACS);
}

function describeKey({ model, method, sparsity, seed }: RunKey, seeds: number): string {
  const what = method === 'dense' ? 'dense' : `${method} ${formatPercent(sparsity)}`;
  return `${model}  ${what}${seeds > 1 ? `  seed ${seed}` : ''}`;
}

/** Writes the results so far; each file is whole at any time. */
async function writeResults(session: Session, runs: readonly RunOutcome[], failures: readonly RunFailure[]) {
  const { flags, models, plan, executor, predictor } = session;
  const { backend, device } = executor;
  const { methods } = flags;
  const comparison = createComparison({
    backend,
    device,
    planned: plan.length,
    models,
    methods,
    runs,
    failures,
    ...(predictor && { predictor }),
  });
  await writeJsonAtomic(join(flags.out, 'results.json'), comparison);
  await writeFileAtomic(join(flags.out, 'results.csv'), formatCsv(runs));
  await writeFileAtomic(join(flags.out, 'report.html'), createReport(comparison));
  return comparison;
}

/** Goes through the plan. Runs that fail are noted and left out. */
async function runPlan(session: Session) {
  const { flags, models, plan, executor, progress, signal } = session;
  const modelOf = (key: RunKey) => models.find(({ label }) => label === key.model)!;
  const total = plan.reduce((sum, key) => sum + cost(modelOf(key)), 0);
  const finished = await Promise.all(plan.map((key) => finishedRun(key, flags.out)));
  const failures: RunFailure[] = [];
  const outcomes = () => finished.filter((run) => run !== undefined);
  let done = plan.reduce((sum, key, i) => sum + (finished[i] ? cost(modelOf(key)) : 0), 0);
  if (outcomes().length > 0) progress.line(`${outcomes().length} of ${plan.length} runs are there already.`);
  let comparison = await writeResults(session, outcomes(), failures);
  const scores = createScoreCache();
  for (const [index, key] of plan.entries()) {
    if (finished[index]) continue;
    signal.throwIfAborted();
    const compared = modelOf(key);
    const name = `[${index + 1}/${plan.length}] ${describeKey(key, flags.seeds)}`;
    progress.update(done, total, name);
    try {
      const outcome = await runOne({
        key,
        compared,
        executor,
        flags,
        scores,
        signal,
        onProgress(event) {
          if (event.kind !== 'step') return;
          const share = (event.epoch - 1 + event.step / event.steps) / compared.training.epochs;
          progress.update(done + share * cost(compared), total, `${name}  ${describeStep(event)}`);
        },
      });
      finished[index] = outcome;
      const { final, seconds } = outcome;
      const overlap = final.testMeanIoU === undefined ? '' : `, test mean IoU ${final.testMeanIoU.toFixed(4)}`;
      const accuracy = `test accuracy ${formatPercent(final.testAccuracy, 2)}${overlap}`;
      progress.line(`${name}: ${accuracy} (${formatSeconds(seconds)})`);
      for (const warning of outcome.pruning.warnings ?? []) progress.line(`${name}: ${warning}`);
    } catch (error) {
      if (!(error instanceof UserError) || signal.aborted) throw error;
      failures.push({ ...key, error: formatError(error) });
      progress.line(`${name}: failed. ${formatError(error)}`);
    }
    done += cost(compared);
    comparison = await writeResults(session, outcomes(), failures);
  }
  return comparison;
}

export async function runCompare(
  specifiers: readonly string[],
  given: CompareFlags,
  signal: AbortSignal,
  extras?: ComparisonExtras,
) {
  const flags = { ...given, methods: given.methods.map((method) => controlledName(method, given.control)) };
  for (const method of flags.methods) checkMethod(method);
  await checkFolder(flags.out, flags.resume ?? false);
  const labels = labelModels(specifiers);
  const models: ComparedNetwork[] = [];
  for (const [i, specifier] of specifiers.entries()) {
    models.push(await prepareCompared(specifier, labels[i], flags, signal, { trusted: true }));
  }
  await extras?.check(models);
  const first = models[0].model.seed;
  const plan = planRuns({ ...flags, models: labels, seeds: Array.from({ length: flags.seeds }, (_, i) => first + i) });
  await withExecutor(flags, models[0].model.settings, note, (executor) =>
    withFolderLock(flags.out, async () => {
      const settings = Object.fromEntries(models.map((compared) => [compared.label, compared.settings]));
      await openFolder(flags.out, executor.backend, settings);
      const predictor = await extras?.evaluate(models, executor);
      const progress = createProgress('compare');
      try {
        const session = { flags, models, plan, executor, progress, signal, ...(predictor && { predictor }) };
        const comparison = await runPlan(session);
        progress.stop();
        if (flags.json) printJson(comparison);
        else print(`\n${formatSummary(comparison)}`);
        note(`\n${formatNextSteps(specifiers[0], formatPath(join(flags.out, 'report.html')))}`);
        const { failures } = comparison;
        if (failures.length > 0) {
          const names = failures.map((key) => describeKey(key, flags.seeds)).join('; ');
          throw new UserError(`${failures.length} of ${plan.length} runs failed: ${names}.`, {
            hint: 'Their errors are above; --resume tries them again.',
          });
        }
      } catch (error) {
        progress.stop();
        if (error === signal.reason && signal.aborted)
          note(`The finished runs are in ${formatPath(flags.out)}; go on with --resume.`);
        throw error;
      }
    }),
  );
}
