/** Trains dense and pruned networks until the highest sparsity that keeps the metric is known well enough. */
import { join } from 'node:path';
import packageJson from '../../package.json';
import type { ObservedRun } from '../comparison/compare';
import { checkFolder, openFolder } from '../comparison/folder';
import { withInnerSteps } from '../comparison/innerStep';
import { type ComparedNetwork, prepareCompared } from '../comparison/model';
import { placeOf } from '../comparison/place';
import { labelModels } from '../comparison/plan';
import { followRun } from '../comparison/progress';
import { finishedRun, runOne } from '../comparison/run';
import { createScoreCache, type ScoreCache } from '../comparison/scoreCache';
import type { Executor } from '../executors/types';
import { writeJsonAtomic } from '../files/atomic';
import { withFolderLock } from '../files/lock';
import { formatPath } from '../format';
import { checkRuns } from '../protocol/catalogue/limits';
import { DENSE, type FinalMetrics, type RunKey, type RunOutcome } from '../protocol/comparison';
import { UserError, usageError } from '../protocol/errors';
import { metricOf } from '../protocol/metricKeys';
import { checkMethod } from '../request/comparedMethods';
import type { Loading } from '../request/model';
import type { TrainingEvent } from '../training/types';
import { bracketOf, middleOf } from './bisection';
import { checkMeasured, findMetric, keepsMetric, metricFor } from './metrics';
import type { Measurement, SearchFlags, SearchMetric, SearchResult, Trial } from './types';

/** What is searched, with everything loaded. */
export interface SearchPlan
  extends Pick<SearchFlags, 'method' | 'tolerance' | 'rounds' | 'maxSparsity' | 'seeds' | 'out'> {
  readonly compared: ComparedNetwork;
  readonly metric: SearchMetric;
}

/** Hears of a search as it goes on; `done` is the share of all its runs, 0 … 1. */
export interface SearchObserver {
  started?(run: ObservedRun, done: number): void;
  progress?(run: ObservedRun, done: number, event: TrainingEvent): void;
  finished?(run: ObservedRun, outcome: RunOutcome): void;
  /** The results after every sparsity, the dense network first. */
  results?(result: SearchResult): void;
}

export interface RunningSearch {
  readonly plan: SearchPlan;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly observer?: SearchObserver;
}

/** Trainings of a search: of the dense network and at each sparsity, each for every seed. */
const runsOf = ({ seeds, rounds }: Pick<SearchFlags, 'seeds' | 'rounds'>): number => seeds * (1 + rounds);

/**
 * Loads everything that a search needs.
 *
 * @throws UserError for everything that is wrong with its flags, its folder, model and data, before anything is written.
 */
export async function planSearch(
  specifier: string,
  flags: SearchFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<SearchPlan> {
  const { method, tolerance, rounds, maxSparsity, seeds, out } = flags;
  checkMethod(method);
  if (maxSparsity === 0) throw usageError('--max-sparsity is 0, which leaves nothing to search.');
  checkRuns('The search', runsOf(flags));
  await checkFolder(out, flags.resume ?? false, 'search');
  const [label] = labelModels([specifier]);
  const compared = await prepareCompared(specifier, label, flags, signal, loading);
  const metric = metricFor(compared.model.network, flags);
  checkMeasured(compared.model.network, metric, compared.dataset);
  return { compared, metric, method, tolerance, rounds, maxSparsity, seeds, out };
}

function metricValue(final: FinalMetrics, metric: SearchMetric): number {
  const { name, title } = findMetric(metric);
  const value = metricOf(final, 'test', name);
  if (value !== undefined) return value;
  // F1 has none where a label is neither there nor predicted.
  throw new UserError(`A run has no ${title}: its predictions leave it without a value.`, {
    hint: 'Search by another metric, with --metric.',
  });
}

interface Session extends RunningSearch {
  readonly scores: ScoreCache;
  /** Runs before the next one. */
  begun: number;
}

/** Trains one network for each seed, or finds it trained already. */
async function runSeeds(session: Session, method: string, sparsity: number): Promise<readonly RunOutcome[]> {
  const { plan, executor, scores, signal, observer } = session;
  const { compared, seeds, out } = plan;
  const count = runsOf(plan);
  const outcomes: RunOutcome[] = [];
  for (let seed = compared.model.seed; outcomes.length < seeds; seed++) {
    const key: RunKey = { model: compared.label, method, sparsity, seed };
    const index = session.begun++;
    signal.throwIfAborted();
    const placed = { key, compared, executor, sparsities: [], out };
    const there = await finishedRun(placed);
    if (there) {
      outcomes.push(there);
      continue;
    }
    const run: ObservedRun = { key, index, count, compared, folder: await placeOf(placed) };
    observer?.started?.(run, index / count);
    const listeners = followRun(compared.request.training.epochs, (share, event) =>
      observer?.progress?.(run, (index + share) / count, event),
    );
    const outcome = await runOne({ ...placed, scores, signal, ...listeners });
    observer?.finished?.(run, outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

function measure(outcomes: readonly RunOutcome[], metric: SearchMetric): Measurement {
  const runs = outcomes.map(({ seed, final, seconds, folder }) => ({
    seed,
    value: metricValue(final, metric),
    seconds,
    folder,
  }));
  return { value: runs.reduce((sum, { value }) => sum + value, 0) / runs.length, runs };
}

function summarize({ plan, executor }: RunningSearch, dense: Measurement, trials: readonly Trial[]): SearchResult {
  const { compared, method, metric, tolerance, maxSparsity, rounds } = plan;
  const { label, model, data, settings } = compared;
  const at = (wanted: number) => {
    const trial = trials.find(({ sparsity }) => sparsity === wanted);
    return trial ? { sparsity: trial.sparsity, value: trial.value } : null;
  };
  const bracket = bracketOf(trials, maxSparsity);
  return {
    format: 'prunelens-search-1',
    version: packageJson.version,
    backend: executor.backend,
    device: executor.device,
    model: { label, file: formatPath(model.network.file), data },
    settings,
    method,
    metric,
    tolerance,
    maxSparsity,
    rounds,
    dense,
    trials,
    found: at(bracket.keeps),
    lost: at(bracket.loses),
  };
}

async function bisect(running: RunningSearch): Promise<SearchResult> {
  const { plan, observer } = running;
  const { method, metric, tolerance, rounds, maxSparsity, out } = plan;
  const session: Session = { ...running, scores: createScoreCache(), begun: 0 };
  const dense = measure(await runSeeds(session, DENSE, 0), metric);
  const trials: Trial[] = [];
  const update = async () => {
    const result = summarize(session, dense, trials);
    await writeJsonAtomic(join(out, 'results.json'), result);
    observer?.results?.(result);
    return result;
  };
  let result = await update();
  while (trials.length < rounds) {
    const sparsity = middleOf(bracketOf(trials, maxSparsity));
    const outcomes = await runSeeds(session, method, sparsity);
    const { prunable, kept, effectiveKept } = outcomes[0].pruning;
    const measured = measure(outcomes, metric);
    const keeps = keepsMetric(measured.value, dense.value, tolerance, findMetric(metric));
    trials.push({ sparsity, ...measured, pruning: { prunable, kept, effectiveKept }, keeps });
    result = await update();
  }
  return result;
}

/**
 * Trains the dense network, then at each of `rounds` sparsities, found by bisection over the logarithm of the density,
 * the pruned one, every time once a seed. A sparsity keeps the metric where its mean over the seeds is at least the dense
 * network's less the tolerance. Runs that are finished in the folder are not made again; `results.json` is written there after
 * every sparsity.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; a UserError where a run fails, or where
 *   the folder was made with other settings or is in use.
 */
export function runSearch(running: RunningSearch): Promise<SearchResult> {
  const { plan, executor, signal } = running;
  const { compared: asked, method, maxSparsity, out } = plan;
  return withFolderLock(out, async () => {
    const choice = { executor, sparsity: maxSparsity, seed: asked.model.seed, signal };
    const [compared] = await withInnerSteps([asked], [method], { folder: out, kind: 'search' }, choice);
    await openFolder(out, executor.backend, { [compared.label]: compared.settings }, 'search');
    return bisect({ ...running, plan: { ...plan, compared } });
  });
}
