/** How runs and comparisons are ordered in their view. */
import type { ComparisonSummary, RunState, RunSummary } from '../../server/protocol/results';

export type RunNode =
  | { readonly group: string; readonly children: readonly RunNode[] }
  | { readonly run: RunSummary }
  | { readonly comparison: ComparisonSummary };

const GROUPS: readonly { readonly group: string; readonly state: RunState }[] = [
  { group: 'Live', state: 'running' },
  { group: 'Finished', state: 'finished' },
  { group: 'Interrupted', state: 'interrupted' },
  { group: 'Failed', state: 'failed' },
];

/** Groups that have anything in them, the newest runs first. */
export function runGroups(runs: readonly RunSummary[], comparisons: readonly ComparisonSummary[]): readonly RunNode[] {
  const newest = runs.toSorted((a, b) => (b.started ?? '').localeCompare(a.started ?? ''));
  const groups = GROUPS.map(({ group, state }) => ({
    group,
    children: newest.filter((run) => run.state === state).map((run): RunNode => ({ run })),
  }));
  const compared = comparisons.map((comparison): RunNode => ({ comparison }));
  return [...groups, { group: 'Comparisons', children: compared }].filter(({ children }) => children.length > 0);
}
