/** Scores of the shown method by another seed, to be held against it: one a model, made when it is asked for. */
import { usageError } from '../../protocol/errors';
import type { ModelName, ScoreSummary } from '../../protocol/results';
import type { Context } from '../context';
import { type Job, release, requestScore } from './scoring';
import { builtOf, shownScore } from './selectors';

export interface OtherSeeds {
  /** @throws UserError (usage) where no score is shown, or the model has changed since. */
  score(model: ModelName, seed: number, job: Job): Promise<ScoreSummary>;
}

interface Held {
  /** Id of the score that it stands beside. */
  readonly basis: string;
  readonly score: ScoreSummary;
}

/** @param context Asked for when it is needed: it is made from what this is a part of. */
export function createOtherSeeds(context: () => Context): OtherSeeds {
  const held = new Map<ModelName, Held>();
  return {
    async score(model, seed, job) {
      const { data, documents, store } = context();
      const state = store.get(model);
      const shown = state?.scores.phase === 'fresh' ? shownScore(state) : undefined;
      const built = state && builtOf(state);
      if (!state || !shown || !built) {
        throw usageError('There is no score of the model as it is now.', 'Score it, and compare it then.');
      }
      const before = held.get(model);
      if (before?.basis === shown.scoreId && before.score.seed === seed) return before.score;
      const { method, aim = state.sparsity } = shown;
      const described = { ...built, unsaved: documents.unsaved() };
      const asked = { method, sparsity: aim, data: await data.dataFor(state, method, built.summary), seed, keep: true };
      const score = await requestScore(context(), state, described, asked, job);
      if (before) release(context(), state, [before.score]);
      held.set(model, { basis: shown.scoreId, score });
      return score;
    },
  };
}
