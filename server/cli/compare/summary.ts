/** The end of a comparison on the terminal. */

import { formatPercent } from '../../format';
import { type Comparison, DENSE, type SummaryRow } from '../../protocol/comparison';
import { formatTable } from '../terminal/table';

function accuracy(row: SummaryRow | undefined): string {
  if (!row) return '';
  const value = formatPercent(row.mean, 2);
  return row.deviation === null ? value : `${(100 * row.mean).toFixed(2)} ± ${(100 * row.deviation).toFixed(2)} %`;
}

/** Test accuracy of each method at each sparsity, one table a model. */
export function formatSummary({ models, methods, summary }: Comparison): string {
  const tables = models.map(({ label, data }) => {
    const rows = summary.filter(({ model }) => model === label);
    const sparsities = [...new Set(rows.filter(({ method }) => method !== DENSE).map(({ sparsity }) => sparsity))];
    sparsities.sort((a, b) => a - b);
    const dense = rows.find(({ method }) => method === DENSE);
    const shown = dense === undefined ? sparsities : [0, ...sparsities.filter((sparsity) => sparsity > 0)];
    const body = methods.map(({ name, title }) => [
      title,
      ...shown.map((sparsity) => accuracy(rows.find((row) => row.method === name && row.sparsity === sparsity))),
    ]);
    const columns = [
      { title: 'method' },
      ...shown.map((sparsity) => ({ title: `${formatPercent(sparsity)} pruned`, align: 'right' as const })),
    ];
    return `${label} on ${data}: test accuracy\n${formatTable(columns, body)}`;
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
