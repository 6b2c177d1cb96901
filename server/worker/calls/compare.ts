/** Methods, sparsities and seeds against each other: the same runs, in the same folder, as `prunelens compare` makes. */
import { join } from 'node:path';
import type { CompareFlags } from '../../comparison/flags';
import { checkFolder, openFolder } from '../../comparison/folder';
import { type ComparedNetwork, prepareCompared } from '../../comparison/model';
import { labelModels, planRuns, runFolder } from '../../comparison/plan';
import { createComparison, formatCsv } from '../../comparison/results';
import { finishedRun, runOne } from '../../comparison/run';
import { createScoreCache } from '../../comparison/scoreCache';
import type { Executor } from '../../executors/types';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import { withFolderLock } from '../../files/lock';
import { loadModel } from '../../frontends/keras/loadModel';
import { createNetwork } from '../../models/network';
import type { RunFailure, RunKey, RunOutcome } from '../../protocol/comparison';
import { formatError, UserError } from '../../protocol/errors';
import type { CompareParams } from '../../protocol/worker';
import { createReport } from '../../reports/comparison';
import { checkMethod } from '../../request/comparedMethods';
import { executorFor, flagsOf, withNoise } from '../prepare';
import type { CallContext, CallHandler } from '../session';
import { trainingProgress } from './train';

async function compareFlags(params: CompareParams, { signal, trusted }: CallContext): Promise<CompareFlags> {
  const { methods, sparsities, seeds, folder, epochs, resume } = params;
  const flags = flagsOf(params);
  const options = { signal, trusted, ...(params.unsaved && { unsaved: params.unsaved }) };
  // The shape of the noise is the model's.
  const known =
    flags.data === 'noise' ? withNoise(flags, createNetwork(await loadModel(params.model, options))) : flags;
  return {
    ...known,
    methods,
    sparsities,
    seeds,
    dense: true,
    out: folder,
    ...(epochs !== undefined && { epochs }),
    ...(resume !== undefined && { resume }),
  };
}

interface Plan {
  readonly flags: CompareFlags;
  readonly compared: ComparedNetwork;
  readonly executor: Executor;
  readonly keys: readonly RunKey[];
}

/** Writes the results so far; each file is whole at any time. */
async function writeResults(plan: Plan, runs: readonly RunOutcome[], failures: readonly RunFailure[]): Promise<void> {
  const { flags, compared, executor, keys } = plan;
  const { backend, device } = executor;
  const { methods, out } = flags;
  const comparison = createComparison({
    backend,
    device,
    planned: keys.length,
    models: [compared],
    methods,
    runs,
    failures,
  });
  await writeJsonAtomic(join(out, 'results.json'), comparison);
  await writeFileAtomic(join(out, 'results.csv'), formatCsv(runs));
  await writeFileAtomic(join(out, 'report.html'), createReport(comparison));
}

/** Goes through the plan. Runs that fail are noted in the results and left out. */
async function runPlan(plan: Plan, { signal, report }: CallContext): Promise<readonly RunOutcome[]> {
  const { flags, compared, executor, keys } = plan;
  const found = await Promise.all(keys.map((key) => finishedRun(key, flags.out)));
  const failures: RunFailure[] = [];
  const scores = createScoreCache();
  const outcomes = () => found.filter((run) => run !== undefined);
  await writeResults(plan, outcomes(), failures);
  for (const [index, key] of keys.entries()) {
    if (found[index]) continue;
    signal.throwIfAborted();
    const name = `Run ${index + 1} of ${keys.length}: ${key.method}${key.sparsity > 0 ? ` at ${key.sparsity}` : ''}`;
    const run = join(flags.out, runFolder(key));
    try {
      found[index] = await runOne({
        key,
        compared,
        executor,
        flags,
        scores,
        signal,
        onProgress(event) {
          const { training, fraction = 0 } = trainingProgress(event, run, compared.training.epochs);
          report({ message: name, fraction: (index + fraction) / keys.length, ...(training && { training }) });
        },
      });
    } catch (error) {
      if (!(error instanceof UserError) || signal.aborted) throw error;
      failures.push({ ...key, error: formatError(error) });
    }
    await writeResults(plan, outcomes(), failures);
  }
  if (failures.length > 0 && outcomes().length === 0) throw new UserError(`All runs failed: ${failures[0].error}`);
  return outcomes();
}

export const compare: CallHandler<'compare'> = async (params, context) => {
  for (const method of params.methods) checkMethod(method);
  await checkFolder(params.folder, params.resume ?? false);
  const flags = await compareFlags(params, context);
  const [label] = labelModels([params.model]);
  context.report({ message: 'Building the model' });
  const { signal, trusted } = context;
  const compared = await prepareCompared(params.model, label, flags, signal, { trusted });
  const seeds = Array.from({ length: params.seeds }, (_, i) => compared.model.seed + i);
  const keys = planRuns({ ...flags, models: [label], seeds });
  const executor = await executorFor(params, compared.model, context);
  const outcomes = await withFolderLock(flags.out, async () => {
    await openFolder(flags.out, executor.backend, { [label]: compared.settings });
    return runPlan({ flags, compared, executor, keys }, context);
  });
  return {
    folder: params.folder,
    rows: outcomes.map(({ model, method, sparsity, seed, final }) => ({
      model,
      method,
      sparsity,
      seed,
      testAccuracy: final.testAccuracy,
    })),
  };
};
