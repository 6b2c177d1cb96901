/** How runs and comparisons are ordered in their view. */
import type { ComparisonSummary, RunState, RunSummary } from '../../server/protocol/results';

export type RunNode =
  | { readonly group: string; readonly children: readonly RunNode[] }
  | { readonly run: RunSummary }
  | { readonly comparison: ComparisonSummary; readonly children: readonly RunNode[] };

const GROUPS: readonly { readonly group: string; readonly state: RunState }[] = [
  { group: 'Live', state: 'running' },
  { group: 'Finished', state: 'finished' },
  { group: 'Interrupted', state: 'interrupted' },
  { group: 'Failed', state: 'failed' },
];

/** Whether a run lies in the folder of a comparison. */
function isOf({ run }: RunSummary, { folder }: ComparisonSummary): boolean {
  return run.startsWith(folder) && /^[\\/]/.test(run.slice(folder.length));
}

/**
 * Groups that have anything in them, the newest runs first. The runs of a comparison are below it; one that is trained now is in
 * the first group, wherever it belongs.
 */
export function runGroups(runs: readonly RunSummary[], comparisons: readonly ComparisonSummary[]): readonly RunNode[] {
  const newest = runs.toSorted((a, b) => (b.started ?? '').localeCompare(a.started ?? ''));
  const resting = newest.filter(({ state }) => state !== 'running');
  const compared = comparisons.map((comparison) => ({
    comparison,
    children: resting.filter((run) => isOf(run, comparison)).map((run): RunNode => ({ run })),
  }));
  const within = new Set(resting.filter((run) => comparisons.some((comparison) => isOf(run, comparison))));
  const groups = GROUPS.map(({ group, state }) => ({
    group,
    children: newest.filter((run) => run.state === state && !within.has(run)).map((run): RunNode => ({ run })),
  }));
  return [...groups, { group: 'Comparisons', children: compared }].filter(({ children }) => children.length > 0);
}
