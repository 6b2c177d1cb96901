/** Runs drawn together: their mean, and a band of one standard deviation. */
import { DENSE } from '../../server/protocol/comparison';
import type { RunSummary } from '../../server/protocol/results';
import { exactPercent } from '../shared/format';
import { spreadOf } from '../shared/spread';
import { type MethodTitle, methodTitle } from './comparisonChart';
import type { Shown } from './exports';
import { type Curve, columnName, type MetricsTable } from './metricsTable';
import type { CurveGrouping } from './options';

export interface RunGroup {
  /** Names it among the groups, whatever else is shown. */
  readonly key: string;
  readonly title: string;
  readonly runs: readonly Shown[];
}

/** The parts of a group's curve, each a column of the table. */
export type Part = 'mean' | 'upper' | 'lower';

export function groupColumn(group: string, curve: Curve, part: Part): string {
  return `${part} ${columnName(group, curve)}`;
}

function methodOf({ method, masked }: RunSummary): string {
  return method ?? (masked ? 'masked' : DENSE);
}

/** `ProsPr · 98 %`: what a group has in common. */
function titleOf(grouping: CurveGrouping, { summary }: Shown, methods: readonly MethodTitle[]): string {
  const method = methodTitle(methodOf(summary), methods);
  const { sparsity, masked } = summary;
  if (grouping === 'method' || !masked || sparsity === undefined) return method;
  return `${method} · ${exactPercent(sparsity)}`;
}

/** The groups of the runs, in the order of their first ones. */
export function groupsOf(
  runs: readonly Shown[],
  grouping: Exclude<CurveGrouping, 'none'>,
  methods: readonly MethodTitle[] = [],
): readonly RunGroup[] {
  const groups = new Map<string, Shown[]>();
  for (const run of runs) {
    const { model, sparsity, epochs } = run.summary;
    const method = methodOf(run.summary);
    const key = grouping === 'method' ? method : JSON.stringify([model ?? null, method, sparsity ?? null, epochs]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return Array.from(groups, ([key, members]) => ({
    key,
    title: `${titleOf(grouping, members[0], methods)} (${members.length})`,
    runs: members,
  }));
}

/** The table with columns of each group: mean, and mean plus and minus the deviation, over the members that have a value there. */
export function withGroups(table: MetricsTable, groups: readonly RunGroup[], curves: readonly Curve[]): MetricsTable {
  const columns = new Map(table.columns);
  for (const { key, runs } of groups) {
    for (const curve of curves) {
      const lines = runs
        .map(({ summary }) => table.columns.get(columnName(summary.run, curve)))
        .filter((line) => line !== undefined);
      if (lines.length === 0) continue;
      const spreads = table.places.map((_, at) => {
        const values = lines.map((line) => line[at]).filter((value) => value !== null && value !== undefined);
        return values.length === 0 ? undefined : { deviation: 0, ...spreadOf(values) };
      });
      columns.set(
        groupColumn(key, curve, 'mean'),
        spreads.map((one) => one?.mean ?? null),
      );
      columns.set(
        groupColumn(key, curve, 'upper'),
        spreads.map((one) => (one ? one.mean + one.deviation : null)),
      );
      columns.set(
        groupColumn(key, curve, 'lower'),
        spreads.map((one) => (one ? one.mean - one.deviation : null)),
      );
    }
  }
  return { places: table.places, columns };
}
