/** The score that is shown. */
import type { HeatmapState } from '../../server/protocol/editor';
import type { ScoreSummary } from '../../server/protocol/results';

/** Undefined where the model has none. */
export function shownScore({ answer }: { readonly answer?: HeatmapState }): ScoreSummary | undefined {
  return answer?.scores.find(({ method }) => method === answer.shown);
}
