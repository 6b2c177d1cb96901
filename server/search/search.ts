/** Trains dense and pruned networks until the highest sparsity that keeps the metric is known well enough. */
import packageJson from '../../package.json';
import type { CompareFlags } from '../comparison/flags';
import type { ComparedNetwork } from '../comparison/model';
import { finishedRun, runOne } from '../comparison/run';
import { createScoreCache, type ScoreCache } from '../comparison/scoreCache';
import type { Executor } from '../executors/types';
import { formatPath } from '../format';
import { DENSE, type FinalMetrics, type RunKey, type RunOutcome } from '../protocol/comparison';
import { metricOf } from '../protocol/metricKeys';
import type { TrainingEvent } from '../training/types';
import { bracketOf, middleOf } from './bisection';
import { findMetric, keepsMetric } from './metrics';
import type { Measurement, SearchFlags, SearchMetric, SearchResult, Trial } from './types';

export interface SearchRequest {
  readonly compared: ComparedNetwork;
  readonly executor: Executor;
  readonly flags: SearchFlags;
  readonly metric: SearchMetric;
  readonly signal: AbortSignal;
  /** Hears of every run that begins (which of how many), and of its training. */
  onRun(key: RunKey, index: number, total: number): void;
  onProgress(event: TrainingEvent, key: RunKey, index: number, total: number): void;
  /** Hears of the results after every sparsity, the dense network first. */
  onResult(result: SearchResult): Promise<void>;
}

/** The flags of a comparison that makes the same runs. */
export function comparisonFlags({
  method,
  metric: _,
  tolerance: __,
  rounds: ___,
  ...flags
}: SearchFlags): CompareFlags {
  return { ...flags, methods: [method], sparsities: [], dense: true };
}

function finalValue(final: FinalMetrics, metric: SearchMetric): number {
  const value = metricOf(final, 'test', findMetric(metric).name);
  if (value === undefined) throw new Error(`a run has no ${metric}`);
  return value;
}

interface Session extends SearchRequest {
  readonly scores: ScoreCache;
  /** Runs before the next one, and in all. */
  done: number;
  readonly total: number;
}

/** Trains one network for each seed, or finds it trained already. */
async function runSeeds(session: Session, method: string, sparsity: number): Promise<readonly RunOutcome[]> {
  const { compared, executor, flags, scores, signal, total } = session;
  const outcomes: RunOutcome[] = [];
  for (let seed = compared.model.seed; outcomes.length < flags.seeds; seed++) {
    const key: RunKey = { model: compared.label, method, sparsity, seed };
    const index = session.done++;
    signal.throwIfAborted();
    const finished = await finishedRun(key, flags.out);
    if (!finished) session.onRun(key, index, total);
    const onProgress = (event: TrainingEvent) => session.onProgress(event, key, index, total);
    const request = { key, compared, executor, flags: comparisonFlags(flags), scores, signal, onProgress };
    outcomes.push(finished ?? (await runOne(request)));
  }
  return outcomes;
}

function measure(outcomes: readonly RunOutcome[], metric: SearchMetric): Measurement {
  const runs = outcomes.map(({ seed, final, seconds, folder }) => ({
    seed,
    value: finalValue(final, metric),
    seconds,
    folder,
  }));
  return { value: runs.reduce((sum, { value }) => sum + value, 0) / runs.length, runs };
}

function summarize({ compared, executor, flags, metric }: Session, dense: Measurement, trials: readonly Trial[]) {
  const { label, model, data, settings } = compared;
  const at = (wanted: number) => {
    const trial = trials.find(({ sparsity }) => sparsity === wanted);
    return trial ? { sparsity: trial.sparsity, value: trial.value } : null;
  };
  const bracket = bracketOf(trials, flags.maxSparsity);
  const result: SearchResult = {
    format: 'prunelens-search-1',
    version: packageJson.version,
    backend: executor.backend,
    device: executor.device,
    model: { label, file: formatPath(model.description.file), data },
    settings,
    method: flags.method,
    metric,
    tolerance: flags.tolerance,
    maxSparsity: flags.maxSparsity,
    rounds: flags.rounds,
    dense,
    trials,
    found: at(bracket.keeps),
    lost: at(bracket.loses),
  };
  return result;
}

/**
 * Trains the dense network, then at each of `rounds` sparsities, found by bisection over the logarithm of the density,
 * the pruned one, every time once a seed. A sparsity keeps the metric where its mean over the seeds is at least the dense
 * network's less the tolerance. Runs that are finished in the folder are not made again.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; a UserError where a run fails.
 */
export async function searchSparsity(request: SearchRequest): Promise<SearchResult> {
  const { flags, metric } = request;
  const total = flags.seeds * (1 + flags.rounds);
  const session: Session = { ...request, scores: createScoreCache(), done: 0, total };
  const dense = measure(await runSeeds(session, DENSE, 0), metric);
  const trials: Trial[] = [];
  let result = summarize(session, dense, trials);
  await request.onResult(result);
  while (trials.length < flags.rounds) {
    const sparsity = middleOf(bracketOf(trials, flags.maxSparsity));
    const outcomes = await runSeeds(session, flags.method, sparsity);
    const { prunable, kept, effectiveKept } = outcomes[0].pruning;
    const measured = measure(outcomes, metric);
    const keeps = keepsMetric(measured.value, dense.value, flags.tolerance, findMetric(metric));
    trials.push({ sparsity, ...measured, pruning: { prunable, kept, effectiveKept }, keeps });
    result = summarize(session, dense, trials);
    await request.onResult(result);
  }
  return result;
}
