/** Norms of meta-gradients beside those of plain gradients, as a table (Figure 3 of the ProsPr paper). */
import type { Diagnostics } from '../../pruning';
import { formatTable } from '../terminal/table';

export function gradientNormsTable(rows: NonNullable<Diagnostics['gradientNorms']>): string {
  const format = (norm: number) => norm.toExponential(3);
  return formatTable(
    [
      { title: 'weight' },
      { title: 'meta-gradient', align: 'right' },
      { title: 'gradient', align: 'right' },
      { title: 'ratio', align: 'right' },
    ],
    rows.map(({ weight, metaGradient, gradient }) => [
      weight,
      format(metaGradient),
      format(gradient),
      gradient > 0 ? (metaGradient / gradient).toPrecision(3) : '',
    ]),
  );
}
