/** Rows of the table of runs as a host would tell them. */
import type { ComparisonSummary } from '../../../server/protocol/results';
import type { RunRow } from '../../../server/protocol/runTable/row';
import type { PageMessage } from '../../../server/protocol/webview';
import { METHODS } from './scores';

const METHOD_NAMES = ['dense', 'prospr', 'snip', 'grasp', 'magnitude'];
const SPARSITIES = [0.9, 0.95, 0.98, 0.99, 0.995];

export function row(name: string, changes: Partial<RunRow> = {}): RunRow {
  return {
    run: `/workspace/.prunelens/runs/${name}`,
    label: name,
    state: 'finished',
    model: '/workspace/models/lenet.ts#default',
    method: 'snip',
    sparsity: 0.98,
    masked: true,
    seed: 0,
    epochs: 20,
    finishedEpochs: 20,
    started: '2026-01-31T12:30:00Z',
    data: 'mnist',
    learningRate: 0.1,
    optimizer: 'sgd',
    batchSize: 128,
    metric: 'accuracy',
    best: 0.95,
    bestEpoch: 18,
    final: 0.94,
    seconds: 75,
    ...changes,
  };
}

/** As many runs as are asked for, of five methods, five sparsities and as many seeds as it takes. */
export function manyRows(count: number): readonly RunRow[] {
  return Array.from({ length: count }, (_, at) => {
    const method = METHOD_NAMES[at % METHOD_NAMES.length];
    const sparsity = SPARSITIES[Math.floor(at / METHOD_NAMES.length) % SPARSITIES.length];
    const seed = Math.floor(at / (METHOD_NAMES.length * SPARSITIES.length));
    const isDense = method === 'dense';
    const final = isDense
      ? 0.984
      : 0.98 - 0.02 * (at % METHOD_NAMES.length) - 0.2 * (sparsity - 0.9) + 0.0013 * (seed % 7);
    return row(`run-${at}`, {
      label: `lenet · ${method}${isDense ? '' : ` · ${Number((100 * sparsity).toFixed(1))} %`} · seed ${seed}`,
      method,
      sparsity: isDense ? 0 : sparsity,
      masked: isDense ? undefined : true,
      seed,
      started: new Date(Date.UTC(2026, 0, 1) + at * 600_000).toISOString(),
      best: final + 0.002,
      final,
      ...(!isDense && { difference: final - 0.984, effectiveSparsity: sparsity + 0.3 * (1 - sparsity) }),
      seconds: 40 + (at % 50),
      ...(at % 3 === 0 && { group: 'compare-lenet' }),
      ...(at === 7 && { notes: { tags: ['paper', 'figure 2'], pinned: true } }),
      ...(at === 9 && { notes: { archived: true } }),
    });
  });
}

/** Answers the questions of the table. */
export function answerRuns(
  message: PageMessage,
  rows: () => readonly RunRow[],
  comparisons: readonly ComparisonSummary[] = [],
  problems: readonly string[] = [],
): unknown {
  if (message.kind === 'action') return message.action === 'ready' ? { methods: METHODS, theme: 'dark' } : null;
  switch (message.request) {
    case 'prunelens/runTable':
      return rows();
    case 'prunelens/runsFolders':
      return problems.map((problem) => ({ folder: '/mnt/cluster', name: '/mnt/cluster', problem }));
    case 'prunelens/comparisons':
      return comparisons;
    default:
      throw new Error(`${message.request} is not expected of the table`);
  }
}
