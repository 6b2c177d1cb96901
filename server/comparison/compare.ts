/** A comparison from its flags to its results: the loop of the command and of the compute process. */
import { join } from 'node:path';
import { createStack } from '../executors/stack/lanes';
import type { Executor } from '../executors/types';
import { writeFileAtomic, writeJsonAtomic } from '../files/atomic';
import { withFolderLock } from '../files/lock';
import { checkRuns } from '../protocol/catalogue/limits';
import type { Comparison, RunFailure, RunKey, RunOutcome, SideBySide } from '../protocol/comparison';
import { formatError, UserError } from '../protocol/errors';
import type { PredictorEvaluation } from '../protocol/survival';
import { controlledName } from '../pruning';
import { createReport } from '../reports/comparison';
import { checkMethod, methodFacts } from '../request/comparedMethods';
import type { Loading } from '../request/model';
import { checkPreset } from '../request/presets';
import type { TrainingEvent } from '../training/types';
import { formatCsv } from './csv';
import type { CompareFlags } from './flags';
import { checkFolder, openFolder } from './folder';
import { withInnerSteps } from './innerStep';
import { type ComparedNetwork, prepareCompared } from './model';
import { placeOf } from './place';
import { labelModels, planRuns } from './plan';
import { followRun } from './progress';
import { createComparison } from './results';
import { finishedRun, runOne } from './run';
import { createScoreCache } from './scoreCache';
import { checkSideBySide, chooseSideBySide, describeSideBySide, isStackable, sideBySideOf } from './sideBySide';

/** What is compared, with everything loaded. */
export interface ComparisonPlan {
  readonly models: readonly ComparedNetwork[];
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  readonly runs: readonly RunKey[];
  /** Folder of the runs and the results. */
  readonly out: string;
}

/** A run as an observer hears of it. */
export interface ObservedRun {
  readonly key: RunKey;
  /** Which it is of `count`, from 0. */
  readonly index: number;
  readonly count: number;
  readonly compared: ComparedNetwork;
  /** Where it is kept. */
  readonly folder: string;
}

/**
 * Hears of a comparison as it goes on: once `planned`, then `started`, any number of `progress`, and `finished` or `failed` for
 * each run that is not there yet; `results` after `planned` and after every run.
 */
export interface ComparisonObserver {
  /** `finished`: the runs that are in the folder already. */
  planned?(plan: ComparisonPlan, finished: readonly RunOutcome[]): void;
  /** `done`: share of all the work, 0 … 1, by about how long it takes. */
  started?(run: ObservedRun, done: number): void;
  progress?(run: ObservedRun, done: number, event: TrainingEvent): void;
  finished?(run: ObservedRun, outcome: RunOutcome): void;
  /** It is noted in the results and left out. */
  failed?(run: ObservedRun, error: string): void;
  results?(comparison: Comparison): void;
}

/**
 * Loads everything that a comparison needs.
 *
 * @throws UserError for everything that is wrong with its flags, its folder, models and data, before anything is written.
 */
export async function planComparison(
  specifiers: readonly string[],
  flags: CompareFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<ComparisonPlan> {
  const { sparsities, seeds, dense, out } = flags;
  const methods = flags.methods.map((method) => controlledName(method, flags.control));
  for (const method of methods) checkMethod(method);
  checkRuns('The comparison', specifiers.length * seeds * (methods.length * sparsities.length + (dense ? 1 : 0)));
  checkPreset(methods.map(methodFacts), flags.preset);
  await checkFolder(out, flags.resume ?? false);
  const labels = labelModels(specifiers);
  const models: ComparedNetwork[] = [];
  for (const [i, specifier] of specifiers.entries()) {
    models.push(await prepareCompared(specifier, labels[i], flags, signal, loading));
  }
  const first = models[0].model.seed;
  const allSeeds = Array.from({ length: seeds }, (_, i) => first + i);
  const runs = planRuns({ models: labels, methods, sparsities, seeds: allSeeds, dense });
  return { models, methods, sparsities, runs, out };
}

export interface RunningComparison {
  readonly plan: ComparisonPlan;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly observer?: ComparisonObserver;
  /** So many trainings at once in one program; absent: as many as are measured to be the fastest. */
  readonly sideBySide?: number;
  /** Measures AutoS's predictor itself, before the first run; it becomes a part of the results. */
  evaluate?(): Promise<PredictorEvaluation>;
}

/** Multiplications that a layer-free example would cost: reading, copying and starting the kernels. */
const OVERHEAD_MACS = 300_000;

/** About how long a run takes, in a unit of its own. */
function costOf({ model, dataset, request }: ComparedNetwork): number {
  const macs = model.network.layers.reduce((sum, layer) => sum + layer.macs, 0);
  return dataset.train.size * request.training.epochs * (macs + OVERHEAD_MACS);
}

/** A comparison whose runs are known, and how they are done. */
interface Prepared extends Omit<RunningComparison, 'sideBySide'> {
  readonly sideBySide: SideBySide;
}

/** Writes the results so far; each file is whole at any time. */
async function writeResults(
  { plan, executor, sideBySide }: Prepared,
  predictor: PredictorEvaluation | undefined,
  runs: readonly RunOutcome[],
  failures: readonly RunFailure[],
): Promise<Comparison> {
  const { models, methods, out } = plan;
  const { backend } = executor;
  const device = `${executor.device}${describeSideBySide(sideBySide)}`;
  const planned = plan.runs.length;
  const comparison = createComparison({
    ...{ backend, device, planned, models, methods, runs, failures: [...failures] },
    ...(sideBySide.width > 1 && { sideBySide }),
    ...(predictor && { predictor }),
  });
  await writeJsonAtomic(join(out, 'results.json'), comparison);
  await writeFileAtomic(join(out, 'results.csv'), formatCsv(runs));
  await writeFileAtomic(join(out, 'report.html'), createReport(comparison));
  return comparison;
}

/** How far the work is, of which several runs may be under way. */
function createAccount(runs: readonly ObservedRun[], isFinished: (run: ObservedRun) => boolean) {
  const total = runs.reduce((sum, { compared }) => sum + costOf(compared), 0);
  const shares = new Map(runs.map((run) => [run, isFinished(run) ? 1 : 0]));
  return {
    set: (run: ObservedRun, share: number) => void shares.set(run, share),
    done: () => Array.from(shares).reduce((sum, [{ compared }, share]) => sum + share * costOf(compared), 0) / total,
  };
}

/**
 * Does all of the work, `width` pieces at a time in their order. What begins after one has failed is left out.
 *
 * @throws what the first that failed did, when those under way have ended.
 */
async function atOnce<T>(pieces: readonly T[], width: number, work: (piece: T) => Promise<void>): Promise<void> {
  const pending = [...pieces];
  const serve = async (): Promise<void> => {
    try {
      for (let piece = pending.shift(); piece !== undefined; piece = pending.shift()) await work(piece);
    } catch (error) {
      pending.length = 0;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: width }, serve));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function runPlan(prepared: Prepared, predictor: PredictorEvaluation | undefined): Promise<Comparison> {
  const { plan, executor, signal, observer, sideBySide } = prepared;
  const { models, sparsities, out } = plan;
  const placed = plan.runs.map((key) => {
    const compared = models.find(({ label }) => label === key.model)!;
    return { key, compared, executor, sparsities, out };
  });
  const runs = await Promise.all(
    placed.map(async (one, index): Promise<ObservedRun> => {
      const { key, compared } = one;
      return { key, index, count: placed.length, compared, folder: await placeOf(one) };
    }),
  );
  const outcomes = await Promise.all(placed.map(finishedRun));
  const found = () => outcomes.filter((outcome) => outcome !== undefined);
  const failures: RunFailure[] = [];
  const account = createAccount(runs, ({ index }) => outcomes[index] !== undefined);
  let written: Promise<Comparison> | undefined;
  // One after the other, so that an older state never replaces a newer one.
  const update = (): Promise<Comparison> => {
    const write = async (): Promise<Comparison> => {
      const comparison = await writeResults(prepared, predictor, found(), failures);
      observer?.results?.(comparison);
      return comparison;
    };
    written = written ? written.then(write) : write();
    return written;
  };
  observer?.planned?.(plan, found());
  let comparison = await update();
  const { width } = sideBySide;
  const stack = width > 1 ? createStack(executor, width) : undefined;
  const scores = createScoreCache();
  const doRun = async (run: ObservedRun): Promise<void> => {
    const { key, index, compared } = run;
    signal.throwIfAborted();
    observer?.started?.(run, account.done());
    const listeners = followRun(compared.request.training.epochs, (share, event) => {
      account.set(run, share);
      observer?.progress?.(run, account.done(), event);
    });
    const place = { executor, out, ...(stack && { stack }) };
    try {
      const outcome = await runOne({ key, compared, ...place, sparsities, scores, signal, ...listeners });
      outcomes[index] = outcome;
      observer?.finished?.(run, outcome);
    } catch (error) {
      if (!(error instanceof UserError) || signal.aborted) throw error;
      failures.push({ ...key, error: formatError(error) });
      observer?.failed?.(run, formatError(error));
    }
    account.set(run, 1);
    comparison = await update();
  };
  const pending = runs.filter(({ index }) => !outcomes[index]);
  const isBeside = ({ key }: ObservedRun) => stack !== undefined && isStackable(key.method);
  try {
    // Others share what they do before their training.
    await atOnce(
      pending.filter((run) => !isBeside(run)),
      1,
      doRun,
    );
    await atOnce(pending.filter(isBeside), width, doRun);
  } finally {
    await stack?.dispose();
  }
  return comparison;
}

/**
 * Does the runs of a comparison that are not in its folder yet, and writes `results.json`, `results.csv` and `report.html` there
 * after each. Runs that fail are told in the results.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; UserError (usage) where the folder was made
 *   with other settings or is in use.
 */
export function runComparison(running: RunningComparison): Promise<Comparison> {
  const { plan, executor, evaluate, signal } = running;
  const { out, methods, sparsities } = plan;
  if (running.sideBySide !== undefined) checkSideBySide(executor);
  return withFolderLock(out, async () => {
    const { seed } = plan.models[0].model;
    const choice = { executor, sparsity: Math.max(...sparsities), seed, signal };
    const models = await withInnerSteps(plan.models, methods, { folder: out, kind: 'comparison' }, choice);
    const settings = Object.fromEntries(models.map((compared) => [compared.label, compared.settings]));
    const runs = plan.runs.filter(({ method }) => isStackable(method));
    const choose = () => chooseSideBySide(executor, models[0], runs.length);
    const asked = running.sideBySide === undefined ? undefined : Math.min(running.sideBySide, plan.runs.length);
    const sideBySide = await sideBySideOf(asked, { folder: out, kind: 'comparison' }, choose);
    await openFolder(out, executor.backend, settings, 'comparison', sideBySide && { sideBySide });
    return runPlan({ ...running, sideBySide, plan: { ...plan, models } }, await evaluate?.());
  });
}
