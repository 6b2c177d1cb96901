/** What follows from the heatmap's state: questions for the host, what is shown, and what is kept over a reload. */
import type { Overlap } from '../../server/protocol/results';
import type { Choice } from '../shared/toolkit';
import { comparedWith } from './compared';
import { type RowNumbers, rowNumbers } from './rowNumbers';
import { ALL_WEIGHTS, type HeatmapPage, type HeatmapPageState, shownScore } from './state';
import type { TileInput } from './tileInput';

const HISTOGRAM_BINS = 96;

/** The histogram that belongs to the state. */
export function histogramQuestion(page: HeatmapPage) {
  const score = shownScore(page);
  if (!score) return undefined;
  const weight = histogramWeight(page);
  const chosen = weight !== ALL_WEIGHTS && { weight };
  return { scoreId: score.scoreId, ...chosen, bins: HISTOGRAM_BINS, sparsity: page.sparsity };
}

/** The overlap of masks that belongs to the state; none where nothing is compared. */
export function overlapQuestion(page: HeatmapPage) {
  const [score, compared] = [shownScore(page), comparedWith(page)];
  if (!score || !compared) return undefined;
  const { title: _, ...other } = compared;
  return { scoreId: score.scoreId, ...other, sparsity: page.sparsity };
}

/** The weights that the histogram is of: those chosen, if the score has them. */
export function histogramWeight(page: HeatmapPage): string {
  const isThere = shownScore(page)?.weights.some(({ name }) => name === page.histogramWeight);
  return isThere ? page.histogramWeight : ALL_WEIGHTS;
}

export function histogramChoices(page: HeatmapPage): readonly Choice[] {
  const weights = shownScore(page)?.weights ?? [];
  return [{ value: ALL_WEIGHTS, label: 'All layers' }, ...weights.map(({ name }) => ({ value: name, label: name }))];
}

/** The overlap, as long as there is something to compare with. */
export function shownOverlap(page: HeatmapPage): Overlap | undefined {
  return comparedWith(page) && page.overlap;
}

/** The numbers of all rows; none before there is a selection. */
export function rowsOf(page: HeatmapPage): readonly RowNumbers[] {
  const { answer, selection } = page;
  const score = shownScore(page);
  return answer && score && selection ? rowNumbers(answer.summary, score, selection, shownOverlap(page)) : [];
}

/** What all tiles show. */
export function tileInput(page: HeatmapPage): TileInput | undefined {
  const [score, other] = [shownScore(page), comparedWith(page)];
  if (!score) return undefined;
  return {
    scoreId: score.scoreId,
    title: score.title,
    sparsity: page.sparsity,
    ...(other && { other }),
  };
}

/** Whether the selection tells which weights lie on paths. */
export function hasPaths({ selection }: HeatmapPage): boolean {
  return selection?.layers.some(({ connected }) => connected !== undefined) ?? false;
}

/** What is kept over a reload; a sparsity only once the slider is at rest. */
export function keptOf(page: HeatmapPage): Partial<HeatmapPageState> {
  const { model, compare, tab, histogramWeight: weight, logCounts, viewports, list, isMoving, sparsity } = page;
  const score = page.phase === 'loaded' ? shownScore(page) : undefined;
  return {
    ...(model !== undefined && { model }),
    ...(score && { method: score.method }),
    ...(score && !isMoving && { sparsity }),
    compare,
    tab,
    histogramWeight: weight,
    logCounts,
    viewports,
    list,
  };
}
