/** The end of a comparison on the terminal. */

import { formatPercent, formatSpread } from '../../format';
import { ALL_METRICS, type MetricDefinition } from '../../protocol/catalogue/metrics';
import { type Comparison, DENSE, type SummaryRow } from '../../protocol/comparison';
import { metricsIn, spreadOf } from '../../protocol/metricKeys';
import { formatTable } from '../terminal/table';

function metricCell(metric: MetricDefinition) {
  return (row: SummaryRow): string => {
    const spread = spreadOf(row, metric);
    return spread ? formatSpread(spread, metric) : '';
  };
}

function stepTime({ stepRatio }: SummaryRow): string {
  return stepRatio === undefined ? '' : formatPercent(stepRatio);
}

/**
 * What was measured of each method at each sparsity on the test data: one table for a metric and model. One more has the
 * time of a training step where channels were removed.
 */
export function formatSummary(
  { models, methods, summary }: Pick<Comparison, 'models' | 'methods' | 'summary'>,
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): string {
  const tables = models.flatMap(({ label, data }) => {
    const rows = summary.filter(({ model }) => model === label);
    const sparsities = [...new Set(rows.filter(({ method }) => method !== DENSE).map(({ sparsity }) => sparsity))];
    sparsities.sort((a, b) => a - b);
    const dense = rows.find(({ method }) => method === DENSE);
    const shown = dense === undefined ? sparsities : [0, ...sparsities.filter((sparsity) => sparsity > 0)];
    const columns = [
      { title: 'method' },
      ...shown.map((sparsity) => ({ title: `${formatPercent(sparsity)} pruned`, align: 'right' as const })),
    ];
    const table = (what: string, cell: (row: SummaryRow) => string) => {
      const body = methods.map(({ name, title }) => [
        title,
        ...shown.map((sparsity) => {
          const row = rows.find((one) => one.method === name && one.sparsity === sparsity);
          return row ? cell(row) : '';
        }),
      ]);
      return `${label} on ${data}: ${what}\n${formatTable(columns, body)}`;
    };
    const isShrunk = rows.some(({ stepRatio }) => stepRatio !== undefined);
    return [
      ...metricsIn(rows, metrics).map((metric) => table(`test ${metric.title}`, metricCell(metric))),
      ...(isShrunk ? [table("time of a training step, of the dense network's", stepTime)] : []),
    ];
  });
  return tables.join('\n');
}

/** How the reader would start the command: from a checkout through npm, or as it is installed. */
function commandName(): string {
  return process.env.npm_lifecycle_event === undefined ? 'prunelens' : 'npm run -s prunelens --';
}

/** What to do next, as lines. */
export function formatNextSteps(specifier: string, reportPath: string): string {
  const command = commandName();
  return [
    `The report is in ${reportPath}: open it in a browser.`,
    'What to try next:',
    `  ${command} score ${specifier} --method prospr --sparsity 0.95     what is left of each layer`,
    `  ${command} prune ${specifier} --method snip --sparsity 0.95 --out masks.safetensors`,
    `  ${command} models .                                               the models in a folder, yours for example`,
  ].join('\n');
}
