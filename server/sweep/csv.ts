/** The runs of a sweep as CSV: the columns of a comparison, and what the sweep knows beside. */
import { CSV_COLUMNS, type CsvColumn, formatCsv } from '../comparison/results';
import type { RunOutcome } from '../protocol/comparison';
import type { SweepPlan } from './expand';
import { denseMacs, type ReportedNetworks, sparseMacs, totalCost } from './results';

/** One line a run. `network` and `variant` are the names of its folder; axes that do not concern a run are empty. */
export function formatSweepCsv(plan: SweepPlan, networks: ReportedNetworks, runs: readonly RunOutcome[]): string {
  const networkOf = ({ model }: RunOutcome) => plan.networks.find(({ label }) => label === model)!;
  const variantOf = ({ method }: RunOutcome) => plan.variants.find(({ name }) => name === method)!;
  const axes = plan.axes.map(
    ({ option }): CsvColumn => [
      option,
      (run) => String({ ...networkOf(run).settings, ...variantOf(run).settings }[option] ?? ''),
    ],
  );
  const columns: CsvColumn[] = [
    ['network', ({ model }) => model],
    ['variant', ({ method }) => method],
    ['data', ({ model }) => networks.get(model)!.data],
    ['model', (run) => networkOf(run).model],
    ['method', (run) => variantOf(run).method],
    ...axes,
    ...CSV_COLUMNS.filter(([title]) => title !== 'model' && title !== 'method'),
    ['nominal_sparsity', ({ pruning }) => (1 - pruning.kept / pruning.prunable).toFixed(6)],
    ['effective_sparsity', ({ pruning }) => (1 - pruning.effectiveKept / pruning.prunable).toFixed(6)],
    ['dense_macs', ({ model }) => denseMacs(networks.get(model)!)],
    ['sparse_macs', (run) => Math.round(sparseMacs(networks.get(run.model)!, run))],
    ['total_epochs', (run) => totalCost(run).epochs],
    ['total_seconds', (run) => totalCost(run).seconds.toFixed(3)],
  ];
  return formatCsv(runs, columns);
}
