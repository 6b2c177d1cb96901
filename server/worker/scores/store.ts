/** The scores that the compute process holds, oldest forgotten when they take too much memory. */

import type { Network, Parameter } from '../../models/types';
import { usageError } from '../../protocol/errors';
import type { ScoreSummary } from '../../protocol/results';
import type { Stability } from '../../protocol/stability';
import type { WorkerProgress } from '../../protocol/worker';
import type { Scores, Weights } from '../../pruning';
import { UnknownScoreError } from '../failures';
import { type Cutoffs, cutoffsAt } from './cutoffs';
import type { Ranking } from './ranking';

export interface StoredScore {
  readonly summary: ScoreSummary;
  readonly network: Network;
  /** Initial values of the weights that were scored. */
  readonly weights: Weights;
  readonly scores: Scores;
  readonly ranking: Ranking;
  /** Weights that every layer keeps at least, where a call does not say otherwise. */
  readonly minPerLayer: number;
  /** Scores again as it was scored, and tells how alike that is. */
  measureStability(choice: StabilityChoice): Promise<Stability>;
}

/** The masks that stability is about, and how it is measured. */
export interface StabilityChoice {
  readonly sparsity: number;
  readonly minPerLayer: number;
  readonly signal: AbortSignal;
  report(progress: Omit<WorkerProgress, 'job'>): void;
}

export interface ScoreStore {
  /** Keeps a score; older ones are forgotten where memory asks for it. */
  add(score: StoredScore): void;
  /** @throws UnknownScoreError where it is not here, or not any more. */
  get(scoreId: string): StoredScore;
  forget(scoreId: string): void;
  /** What stays at a sparsity; the latest answers are kept. */
  cutoffs(score: StoredScore, sparsity: number, minPerLayer: number | undefined): Cutoffs;
}

/** Answers to selections that are kept: the tiles of both sides of a comparison ask for the same ones. */
const CUTOFFS_KEPT = 8;

function bytesOf({ scores, weights, ranking }: StoredScore): number {
  const own = [...scores.values(), ...weights.values()].reduce((sum, values) => sum + values.byteLength, 0);
  return own + ranking.tensors.reduce((sum, { sorted }) => sum + sorted.byteLength, 0);
}

/** A store that holds scores of up to `limit` bytes, and always the latest one. */
export function createScoreStore(limit: number): ScoreStore {
  const scores = new Map<string, StoredScore>();
  const cutoffs = new Map<string, Cutoffs>();

  const forget = (scoreId: string): void => {
    scores.delete(scoreId);
    for (const key of cutoffs.keys()) if (key.startsWith(`${scoreId} `)) cutoffs.delete(key);
  };

  return {
    add(score) {
      let total = bytesOf(score);
      for (const other of scores.values()) total += bytesOf(other);
      for (const [scoreId, other] of scores) {
        if (total <= limit) break;
        total -= bytesOf(other);
        forget(scoreId);
      }
      scores.set(score.summary.scoreId, score);
    },
    get(scoreId) {
      const found = scores.get(scoreId);
      if (found) {
        // Used last, forgotten last.
        scores.delete(scoreId);
        scores.set(scoreId, found);
        return found;
      }
      throw new UnknownScoreError('This score is not in memory any more.', { hint: 'Score the model again.' });
    },
    forget,
    cutoffs(score, sparsity, minPerLayer = score.minPerLayer) {
      checkSparsity(sparsity);
      const key = `${score.summary.scoreId} ${sparsity} ${minPerLayer}`;
      const found = cutoffs.get(key) ?? cutoffsAt(score.scores, score.ranking, sparsity, minPerLayer);
      cutoffs.delete(key);
      cutoffs.set(key, found);
      if (cutoffs.size > CUTOFFS_KEPT) cutoffs.delete(cutoffs.keys().next().value!);
      return found;
    },
  };
}

function checkSparsity(sparsity: number): void {
  if (sparsity >= 0 && sparsity < 1) return;
  throw usageError(`The sparsity ${sparsity} is not in 0 … 1 (1 excluded).`, 'It is the fraction that is removed.');
}

/** A scored tensor. @throws UserError (usage) where the score has none of that name. */
export function parameterOf({ network, scores }: StoredScore, weight: string): Parameter {
  const found = scores.has(weight) ? network.parameters.find(({ name }) => name === weight) : undefined;
  if (found) return found;
  throw usageError(`No tensor '${weight}' was scored.`, `Scored are ${[...scores.keys()].join(', ')}.`);
}
