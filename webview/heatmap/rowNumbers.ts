/** The numbers of a row, together: what the bars, the table, the exports and screen readers tell. */
import type { LayerSelection, ModelSummary, Overlap, ScoreSummary, Selection } from '../../server/protocol/results';
import { chosenAgain } from '../../server/protocol/stability';
import type { Shape } from '../../server/protocol/tensor';
import { coefficient, count, percent, shapeText, shortCount } from '../shared/format';
import type { Column } from '../shared/toolkit';

export interface RowNumbers extends LayerSelection {
  readonly shape: Shape;
  readonly className: string;
  /** Intersection over union with the compared method's mask. */
  readonly iou?: number;
  /** Weights that the compared mask keeps. */
  readonly otherKept?: number;
  /** Share of the kept weights that would be chosen again, at the sparsity where that was measured. */
  readonly again?: number;
  /** Norms of ProsPr's meta-gradient and of the gradient. */
  readonly metaGradient?: number;
  readonly gradient?: number;
}

/** The rows of a selection, in the network's order. */
export function rowNumbers(
  summary: ModelSummary,
  score: ScoreSummary,
  selection: Selection,
  overlap: Overlap | undefined,
): RowNumbers[] {
  return selection.layers.map((layer) => {
    const figures = score.stability?.weights.layers.find((one) => one.layer === layer.layer);
    const shared = overlap?.weights.find(({ weight }) => weight === layer.weight);
    const norms = score.gradientNorms?.find(({ weight }) => weight === layer.weight);
    return {
      ...layer,
      shape: score.weights.find(({ name }) => name === layer.weight)?.shape ?? [layer.total],
      className: summary.layers.find(({ name }) => name === layer.layer)?.className ?? '',
      iou: shared?.iou,
      otherKept: shared?.otherKept,
      again: figures && chosenAgain(figures.maskIou),
      metaGradient: norms?.metaGradient,
      gradient: norms?.gradient,
    };
  });
}

/** Lines under a row's bars. */
export function keptText({ kept, total }: Pick<LayerSelection, 'kept' | 'total'>): string {
  return `${count(kept)} of ${count(total)} · ${percent(kept / total)}`;
}

export function effectiveText({ connected, total }: LayerSelection): string {
  return connected === undefined ? '…' : `${count(connected)} · ${percent(connected / total)}`;
}

export function macsText({ macs, sparseMacs }: LayerSelection): string {
  return `${shortCount(sparseMacs)} of ${shortCount(macs)} · ${percent(sparseMacs / Math.max(1, macs))}`;
}

export const TABLE_COLUMNS: readonly Column[] = [
  { key: 'weight', title: 'Weight' },
  { key: 'shape', title: 'Shape' },
  { key: 'total', title: 'Total' },
  { key: 'kept', title: 'Kept' },
  { key: 'density', title: 'Density' },
  { key: 'connected', title: 'Effective' },
  { key: 'macs', title: 'MACs' },
  { key: 'sparseMacs', title: 'Sparse MACs' },
];
/** Where stability was measured. */
export const AGAIN_COLUMN: Column = { key: 'again', title: 'Chosen again' };
/** Where something is compared with. */
export const OVERLAP_COLUMNS: readonly Column[] = [
  { key: 'otherKept', title: 'Kept by the other' },
  { key: 'iou', title: 'Overlap (IoU)' },
];

/** Cells of the table view. */
export function tableRow(row: RowNumbers): { readonly [key: string]: string } {
  return {
    weight: row.weight,
    shape: shapeText(row.shape),
    total: count(row.total),
    kept: count(row.kept),
    density: percent(row.kept / row.total),
    connected: row.connected === undefined ? '…' : count(row.connected),
    macs: count(row.macs),
    sparseMacs: count(row.sparseMacs),
    again: row.again === undefined ? '' : percent(row.again),
    otherKept: row.otherKept === undefined ? '' : count(row.otherKept),
    iou: row.iou === undefined ? '' : coefficient(row.iou),
  };
}
