/** `prunelens autos dataset`: iterative rewind prunings of one model or several into a survival data set. */
import { join } from 'node:path';
import { begunBackend, type CollectEvent, collectSurvival } from '../../autos/dataset/collect';
import type { ManifestEntry } from '../../autos/dataset/index';
import { labelModels } from '../../comparison/plan';
import { withFolderLock } from '../../files/lock';
import {
  formatMetric,
  formatMetricValues,
  formatPath,
  formatPercent,
  formatSeconds,
  formatTestMetrics,
} from '../../format';
import { prepareRewinds } from '../../learning/rewinding';
import { metricsOf, testMetrics } from '../../protocol/metricKeys';
import { keepBackend, withExecutor } from '../../request/executor';
import { createProgress, type Progress } from '../terminal/progress';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';
import type { DatasetFlags } from './flags';

/** Parts that the bar is divided in. */
const PARTS = 10_000;

export function showCollecting(progress: Progress): (event: CollectEvent) => void {
  return (event) => {
    const { index, count, label, seed, done } = event;
    const name = `[${index + 1}/${count}] ${label}  seed ${seed}`;
    if (event.kind === 'there') progress.line(`${name}: is there already.`);
    if (event.kind === 'added') progress.line(`${name}: added to the data set.`);
    if (event.kind !== 'running') return;
    const inner = event.event;
    const place = `${name}  iteration ${inner.iteration}/${inner.iterations}`;
    if (inner.kind === 'iteration') {
      const { sparsity, seconds } = inner;
      const measured = formatTestMetrics(testMetrics(inner));
      progress.line(`${place}: ${formatPercent(sparsity, 2)} pruned, ${measured} (${formatSeconds(seconds)})`);
      return;
    }
    const { epoch, epochs, loss, metrics } = inner;
    const measured = `loss ${loss.toFixed(4)}${formatMetricValues(metrics)}`;
    progress.update(Math.round(done * PARTS), PARTS, `${place}  epoch ${epoch}/${epochs}  ${measured}`);
  };
}

function entryJson(entry: ManifestEntry, folder: string) {
  const { name, label, modelHash, data, settings, training, iterations, shard } = entry;
  const run = join(folder, 'runs', name);
  return { name, label, modelHash, data, settings, training, iterations, shard: join(folder, shard.file), run };
}

/** What was measured on the test data at each iteration; seeds of a model side by side would not fit a terminal, so each run has its table. */
function formatEntry({ name, iterations }: ManifestEntry): string {
  const measured = iterations.map((iteration) => metricsOf(iteration, 'test'));
  const metrics = measured[0]?.map(({ metric }) => `test ${metric.title}`) ?? [];
  const columns = ['iteration', 'pruned', ...metrics, 'time'].map((title) => ({ title, align: 'right' as const }));
  const rows = iterations.map(({ iteration, sparsity, seconds }, row) => [
    String(iteration),
    formatPercent(sparsity, 2),
    ...measured[row].map(({ metric, value }) => formatMetric(value, metric)),
    formatSeconds(seconds),
  ]);
  return `${name}\n${formatTable(columns, rows)}`;
}

/** An interruption keeps what was finished and is then thrown on. */
export async function runDataset(specifiers: readonly string[], flags: DatasetFlags, signal: AbortSignal) {
  const { lrSchedule, ...rest } = flags;
  const wanted = { ...rest, ...(lrSchedule && { learningRateSchedule: lrSchedule }) };
  const labels = labelModels(specifiers);
  const prepared = [];
  for (const [i, specifier] of specifiers.entries()) {
    prepared.push(await prepareRewinds(specifier, labels[i], wanted, signal, { trusted: true }));
  }
  const tasks = prepared.flatMap((model) => model.tasks);
  const place = formatPath(flags.out);
  const begunWith = flags.resume ? await begunBackend(flags.out, tasks) : undefined;
  await withExecutor(keepBackend(prepared[0].request, begunWith), note, (executor) =>
    withFolderLock(flags.out, async () => {
      const progress = createProgress('autos dataset');
      try {
        const entries = await collectSurvival({
          tasks,
          executor,
          folder: flags.out,
          resume: flags.resume ?? false,
          signal,
          onProgress: showCollecting(progress),
        });
        progress.stop();
        if (flags.json) printJson({ folder: flags.out, entries: entries.map((entry) => entryJson(entry, flags.out)) });
        else print(entries.map(formatEntry).join('\n'));
        note(`The data set is in ${place}, the prunings for \`prunelens autos ticket\` in ${join(place, 'runs')}.`);
      } catch (error) {
        progress.stop();
        if (signal.aborted && error === signal.reason) note(`What was finished is in ${place}; go on with --resume.`);
        throw error;
      }
    }),
  );
}
