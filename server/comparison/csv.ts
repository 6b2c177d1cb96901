/** Runs as CSV. */
import { ALL_METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import type { RunOutcome } from '../protocol/comparison';
import { csvCell } from '../protocol/escape';
import { type Column, RUN_COLUMNS, shownColumns } from './columns';

/** One line a run (RFC 4180, with \n). */
export function formatCsv(
  runs: readonly RunOutcome[],
  columns: readonly Column[] = RUN_COLUMNS,
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): string {
  const shown = shownColumns(runs, columns, metrics);
  const lines = runs.map((run) => shown.map(([, value]) => csvCell(value(run))).join(','));
  return `${[shown.map(([name]) => csvCell(name)).join(','), ...lines].join('\n')}\n`;
}
