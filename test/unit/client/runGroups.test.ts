/** How runs and comparisons are ordered in their view. */
import { expect, it } from 'vitest';
import { type RunNode, runGroups } from '../../../client/views/runGroups';
import type { RunState, RunSummary } from '../../../server/protocol/results';

const run = (path: string, state: RunState = 'finished', started = '2026-01-01'): RunSummary => ({
  run: path,
  label: path,
  state,
  started,
  epochs: 1,
  finishedEpochs: 1,
});
const outline = (nodes: readonly RunNode[]): unknown[] =>
  nodes.map((node) => {
    if ('group' in node) return [node.group, outline(node.children)];
    return 'run' in node ? node.run.label : [node.comparison.folder, outline(node.children)];
  });

it('has the runs of comparisons below them, and what is trained now in a group of its own', () => {
  const runs = [
    run('/runs/a', 'finished', '2026-01-02'),
    run('/runs/b', 'finished', '2026-01-03'),
    run('/runs/c', 'failed'),
    run('/runs/compare/runs/net/snip'),
    run('/runs/compare/runs/net/prospr', 'running'),
    run('/runs/compare-2'),
  ];
  expect(outline(runGroups(runs, [{ folder: '/runs/compare', rows: [] }]))).toEqual([
    ['Live', ['/runs/compare/runs/net/prospr']],
    ['Finished', ['/runs/b', '/runs/a', '/runs/compare-2']],
    ['Failed', ['/runs/c']],
    ['Comparisons', [['/runs/compare', ['/runs/compare/runs/net/snip']]]],
  ]);
});
