/** What the line of a group shows: what its runs have in common, and of numbers the mean and the standard deviation. */
import { spread } from '../../server/protocol/numbers';
import type { CellValue, RunColumn } from '../../server/protocol/runTable/columns';
import type { RunRow } from '../../server/protocol/runTable/row';
import { spreadOf } from '../shared/spread';

export interface GroupCell {
  /** What groups are ordered by. */
  readonly value: CellValue;
  readonly text: string;
}

const NOTHING: GroupCell = { value: undefined, text: '' };

/** What runs show together in a column. Values of different metrics have no mean. */
export function groupCell(column: RunColumn, rows: readonly RunRow[]): GroupCell {
  if (column.kind === 'text') {
    const [first, ...others] = new Set(rows.map((row) => column.value(row)));
    if (others.length > 0 || first === undefined) return NOTHING;
    return { value: first, text: column.text?.(first) ?? first };
  }
  const measured = rows.flatMap((row) => {
    const value = column.value(row);
    return value === undefined ? [] : [{ value, metric: row.metric }];
  });
  const [first] = measured;
  if (!first) return NOTHING;
  const { metric } = first;
  if (measured.every(({ value }) => value === first.value)) {
    return { value: first.value, text: column.text(first.value, metric) };
  }
  const isOneMetric = measured.every((one) => one.metric === metric);
  if (column.isName || !isOneMetric) return NOTHING;
  const { mean, deviation } = spreadOf(measured.map(({ value }) => value));
  const text = column.text(mean, metric);
  return { value: mean, text: deviation === undefined ? text : spread(text, column.text(deviation, metric)) };
}
