/** `prunelens search`: the highest sparsity that keeps a metric, by training networks at sparsities in between. */
import { join } from 'node:path';
import { checkFolder, openFolder } from '../../comparison/folder';
import { prepareCompared } from '../../comparison/model';
import { labelModels } from '../../comparison/plan';
import { writeJsonAtomic } from '../../files/atomic';
import { withFolderLock } from '../../files/lock';
import { formatCount, formatPath, formatPercent } from '../../format';
import { DENSE, type RunKey } from '../../protocol/comparison';
import { usageError } from '../../protocol/errors';
import { checkMethod } from '../../request/comparedMethods';
import { withExecutor } from '../../request/executor';
import { comparisonFlags, metricFor, searchSparsity } from '../../search/search';
import type { SearchFlags, SearchMetric, SearchResult } from '../../search/types';
import { createProgress } from '../terminal/progress';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';
import { describeStep } from '../terminal/training';

const METRIC_TITLES: { readonly [K in SearchMetric]: string } = {
  accuracy: 'test accuracy',
  'mean-iou': 'test mean IoU',
};

function formatValue(value: number, metric: SearchMetric): string {
  return metric === 'accuracy' ? formatPercent(value, 2) : value.toFixed(4);
}

/** 0.98765 as `98.765 %`: as many digits as tell close sparsities apart. */
function formatSparsity(sparsity: number): string {
  const digits = Math.max(1, Math.ceil(-Math.log10(1 - sparsity)) + 1);
  return formatPercent(sparsity, Math.min(digits, 6));
}

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
  const titles = ['sparsity', 'weights left', 'on a path', METRIC_TITLES[metric], 'against dense', ''];
  return formatTable(
    titles.map((title) => ({ title, align: title === '' ? 'left' : 'right' })),
    [denseRow, ...rows],
  );
}

/** The answer in one sentence. */
function conclusion(result: SearchResult): string {
  const { found, lost, method, metric, tolerance, dense } = result;
  const limit = `${METRIC_TITLES[metric]} within ${formatValue(tolerance, metric)} of the dense ${formatValue(dense.value, metric)}`;
  if (!found) {
    const tried = lost ? `; the lowest sparsity tried, ${formatSparsity(lost.sparsity)}, does not` : '';
    return `No sparsity tried keeps the ${limit}${tried}.`;
  }
  const above = lost
    ? `${formatSparsity(lost.sparsity)} does not`
    : `no sparsity above it was tried, see --rounds and --max-sparsity`;
  return `${method} keeps the ${limit} up to ${formatSparsity(found.sparsity)} sparsity; ${above}.`;
}

export async function runSearch(specifier: string, flags: SearchFlags, signal: AbortSignal): Promise<void> {
  checkMethod(flags.method);
  if (flags.maxSparsity === 0) throw usageError('--max-sparsity is 0, which leaves nothing to search.');
  await checkFolder(flags.out, flags.resume ?? false, 'search');
  const [label] = labelModels([specifier]);
  const compared = await prepareCompared(specifier, label, comparisonFlags(flags), signal, { trusted: true });
  const metric = metricFor(compared.model.network, flags);
  await withExecutor(flags, compared.model.settings, note, (executor) =>
    withFolderLock(flags.out, async () => {
      await openFolder(flags.out, executor.backend, { [label]: compared.settings }, 'search');
      const progress = createProgress('search');
      const { epochs } = compared.training;
      try {
        const result = await searchSparsity({
          compared,
          executor,
          flags,
          metric,
          signal,
          onRun: (key, index, total) => progress.update(index, total, describeKey(key, flags.seeds)),
          onProgress(event, key, index, total) {
            if (event.kind !== 'step') return;
            const share = (event.epoch - 1 + event.step / event.steps) / epochs;
            progress.update(index + share, total, `${describeKey(key, flags.seeds)}  ${describeStep(event)}`);
          },
          async onResult(found) {
            await writeJsonAtomic(join(flags.out, 'results.json'), found);
            const last = found.trials.at(-1);
            const name = last ? `${found.method} ${formatSparsity(last.sparsity)}` : 'dense';
            const { value } = last ?? found.dense;
            const verdict = last ? `, ${last.keeps ? 'kept' : 'lost'}` : '';
            progress.line(`${name}: ${METRIC_TITLES[metric]} ${formatValue(value, metric)}${verdict}`);
          },
        });
        progress.stop();
        if (flags.json) printJson(result);
        else print(trialsTable(result));
        note(`\n${conclusion(result)}\nThe runs and results.json are in ${formatPath(flags.out)}.`);
      } catch (error) {
        progress.stop();
        if (error === signal.reason && signal.aborted) {
          note(`The finished runs are in ${formatPath(flags.out)}; go on with --resume.`);
        }
        throw error;
      }
    }),
  );
}
