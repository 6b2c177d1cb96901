/** What training and inference cost in multiplications, and how masks changed while networks were trained. */
import { type Comparison, DENSE, type RunOutcome } from '../../server/protocol/comparison';
import { element, scrolling, table } from '../shared/elements';
import { count, exactPercent, fixedPercent } from '../shared/format';

const COUNTED =
  'Multiplications, paired with additions, for hardware that can skip masked weights; other hardware does those of the dense ' +
  'network. A training step counts as three passes through the network, an update by gradients as two passes and a dense one. ' +
  'Scoring is not counted.';

/** The runs of each method at each sparsity that have `part`, with the title of the method. */
function groupsOf<Part>(
  { methods }: Pick<Comparison, 'methods'>,
  runs: readonly RunOutcome[],
  part: (run: RunOutcome) => Part | undefined,
): { readonly head: readonly string[]; readonly parts: readonly Part[] }[] {
  const sparsities = [...new Set(runs.map(({ sparsity }) => sparsity))].sort((a, b) => a - b);
  return methods.flatMap(({ name, title }) =>
    sparsities.flatMap((sparsity) => {
      const own = runs.filter((run) => run.method === name && run.sparsity === sparsity);
      const parts = own.flatMap((run) => part(run) ?? []);
      return parts.length === 0 ? [] : [{ head: [title, name === DENSE ? '' : exactPercent(sparsity)], parts }];
    }),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** MACs of training and of inference beside each other, means over the seeds; none where no run has them. */
export function macTable(comparison: Comparison, runs: readonly RunOutcome[]): HTMLElement[] {
  const rows = groupsOf(comparison, runs, ({ pruning }) => pruning.cost).map(({ head, parts }) => [
    ...head,
    count(mean(parts.map(({ training }) => training))),
    fixedPercent(mean(parts.map(({ training, denseTraining }) => training / denseTraining))),
    count(mean(parts.map(({ inference }) => inference))),
    fixedPercent(mean(parts.map(({ inference, denseInference }) => inference / denseInference))),
  ]);
  if (rows.length === 0) return [];
  const head = ['method', 'sparsity', 'MACs of training', 'of dense', 'MACs of inference', 'of dense'];
  return [
    element('h3', {}, 'Cost of training and of inference'),
    element('p', { class: 'quiet' }, COUNTED),
    scrolling(table(head, rows)),
  ];
}

/** How masks changed, means over the seeds; none where all stay as they are. */
export function changeTable(comparison: Comparison, runs: readonly RunOutcome[]): HTMLElement[] {
  const rows = groupsOf(comparison, runs, ({ pruning }) => pruning.changes).map(({ head, parts }) => {
    const at = (place: number) => parts.flatMap(({ updates }) => updates.at(place) ?? []);
    const share = (place: number) => fixedPercent(mean(at(place).map(({ grown, kept }) => grown / kept)));
    const all = (of: 'grown' | 'dropped') =>
      count(mean(parts.map(({ updates }) => updates.reduce((sum, update) => sum + update[of], 0))));
    return [
      ...head,
      count(mean(parts.map(({ updates }) => updates.length))),
      `${count(mean(parts.map(({ initialKept }) => initialKept)))} → ${count(mean(at(-1).map(({ kept }) => kept)))}`,
      all('dropped'),
      all('grown'),
      `${share(0)} → ${share(-1)}`,
    ];
  });
  if (rows.length === 0) return [];
  const head = ['method', 'sparsity', 'updates', 'weights kept', 'went', 'came', 'new at an update'];
  return [element('h3', {}, 'How masks changed while training'), scrolling(table(head, rows))];
}
