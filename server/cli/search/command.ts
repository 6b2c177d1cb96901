/** `prunelens search`: the highest sparsity that keeps a metric, by training networks at sparsities in between. */
import { recordedBackend } from '../../comparison/folder';
import { formatCount, formatPath } from '../../format';
import { DENSE, type RunKey } from '../../protocol/comparison';
import { keepBackend, withExecutor } from '../../request/executor';
import { planSearch, type SearchObserver, runSearch as search } from '../../search/search';
import { conclusion, formatSparsity, formatValue, titleOf } from '../../search/texts';
import type { SearchFlags, SearchResult } from '../../search/types';
import { createProgress, type Progress } from '../terminal/progress';
import { note, noteData, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';
import { describeStep } from '../terminal/training';

function describeKey({ method, sparsity, seed }: RunKey, seeds: number): string {
  const what = method === DENSE ? 'dense' : `${method} ${formatSparsity(sparsity)}`;
  return seeds > 1 ? `${what}  seed ${seed}` : what;
}

/** The networks that were trained, by sparsity. */
function trialsTable({ dense, trials, metric }: SearchResult): string {
  const rows = trials
    .toSorted((a, b) => a.sparsity - b.sparsity)
    .map(({ sparsity, pruning, value, keeps }) => [
      formatSparsity(sparsity),
      formatCount(pruning.kept),
      formatCount(pruning.effectiveKept),
      formatValue(value, metric),
      `${value < dense.value ? '-' : '+'}${formatValue(Math.abs(value - dense.value), metric)}`,
      keeps ? 'keeps' : 'loses',
    ]);
  const denseRow = ['dense', '', '', formatValue(dense.value, metric), '', ''];
  const titles = ['sparsity', 'weights left', 'on a path', titleOf(metric), 'against dense', ''];
  return formatTable(
    titles.map((title) => ({ title, align: title === '' ? 'left' : 'right' })),
    [denseRow, ...rows],
  );
}

/** The latest of the measurements in a line. */
function describeLatest({ dense, trials, method, metric }: SearchResult): string {
  const last = trials.at(-1);
  const name = last ? `${method} ${formatSparsity(last.sparsity)}` : 'dense';
  const verdict = last ? `, ${last.keeps ? 'kept' : 'lost'}` : '';
  return `${name}: ${titleOf(metric)} ${formatValue((last ?? dense).value, metric)}${verdict}`;
}

/** Shows a search on the terminal. */
function display(progress: Progress, seeds: number): SearchObserver {
  return {
    started: ({ key }, done) => progress.update(done, 1, describeKey(key, seeds)),
    progress({ key }, done, event) {
      if (event.kind === 'step') progress.update(done, 1, `${describeKey(key, seeds)}  ${describeStep(event)}`);
    },
    results: (result) => progress.line(describeLatest(result)),
  };
}

export async function runSearch(specifier: string, flags: SearchFlags, signal: AbortSignal): Promise<void> {
  const plan = await planSearch(specifier, flags, signal, { trusted: true });
  noteData([plan.compared.dataset]);
  const place = formatPath(flags.out);
  const request = keepBackend(plan.compared.request, await recordedBackend(plan.out, 'search'));
  await withExecutor(request, note, async (executor) => {
    const progress = createProgress('search');
    try {
      const result = await search({ plan, executor, signal, observer: display(progress, flags.seeds) });
      progress.stop();
      if (flags.json) printJson(result);
      else print(trialsTable(result));
      note(`\n${conclusion(result)}\nThe runs and results.json are in ${place}.`);
    } catch (error) {
      progress.stop();
      if (error === signal.reason && signal.aborted) note(`The finished runs are in ${place}; go on with --resume.`);
      throw error;
    }
  });
}
