/** What a mask leaves of each layer, as a table. */
import { formatCount, formatPercent, formatPlace, formatShape } from '../../format';
import type { SparsityReport } from '../../pruning';
import { note } from './streams';
import { formatTable } from './table';

/** One line a weight tensor, and their sums. */
export function layersTable({ layers, prunable, kept, connected }: SparsityReport): string {
  const rows = layers.map((row) => [
    row.layer,
    row.weight,
    formatShape(row.shape),
    formatCount(row.total),
    formatCount(row.kept),
    formatPercent(row.sparsity),
    formatPercent(row.effectiveSparsity),
    formatPlace(row.source),
  ]);
  const sums = [
    'all',
    '',
    '',
    formatCount(prunable),
    formatCount(kept),
    formatPercent(1 - kept / prunable),
    formatPercent(1 - connected / prunable),
    '',
  ];
  return formatTable(
    [
      { title: 'layer' },
      { title: 'weight' },
      { title: 'shape' },
      { title: 'total', align: 'right' },
      { title: 'kept', align: 'right' },
      { title: 'sparsity', align: 'right' },
      { title: 'effective', align: 'right' },
      { title: 'source' },
    ],
    [...rows, sums],
  );
}

/** Says which layers nothing can pass through any more. */
export function warnOfCollapse({ collapsed, disconnected }: SparsityReport): void {
  if (collapsed.length > 0) {
    note(`Warning: nothing is left of ${collapsed.join(', ')}. --min-per-layer keeps some weights in every layer.`);
  }
  if (disconnected.length > 0) {
    note(`Warning: no weight left in ${disconnected.join(', ')} is on a path from the input to the output.`);
  }
}
