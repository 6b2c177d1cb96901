/** The table of a sweep's runs, for CSV and Parquet: the columns of a comparison, and what the sweep knows beside. */
import { type Column, RUN_COLUMNS } from '../comparison/columns';
import type { RunOutcome } from '../protocol/comparison';
import type { SweepPlan } from './expand';
import { denseMacs, type ReportedNetworks, sparseMacs, totalCost } from './results';

/** `network` and `variant` are the names of a run's folder; axes that do not concern a run are empty. */
export function sweepColumns(plan: SweepPlan, networks: ReportedNetworks): readonly Column[] {
  const networksByLabel = new Map(plan.networks.map((network) => [network.label, network]));
  const variants = new Map(plan.variants.map((variant) => [variant.name, variant]));
  const networkOf = ({ model }: RunOutcome) => networksByLabel.get(model)!;
  const variantOf = ({ method }: RunOutcome) => variants.get(method)!;
  const axes = plan.axes.map(
    ({ option, values }): Column => [
      option,
      (run) => String({ ...networkOf(run).settings, ...variantOf(run).settings }[option] ?? ''),
      values.every((value) => typeof value === 'number') ? 'number' : 'text',
    ],
  );
  return [
    ['network', ({ model }) => model, 'text'],
    ['variant', ({ method }) => method, 'text'],
    ['data', ({ model }) => networks.get(model)!.data, 'text'],
    ['model', (run) => networkOf(run).model, 'text'],
    ['method', (run) => variantOf(run).method, 'text'],
    ...axes,
    ...RUN_COLUMNS.filter(([title]) => title !== 'model' && title !== 'method'),
    ['nominal_sparsity', ({ pruning }) => (1 - pruning.kept / pruning.prunable).toFixed(6), 'number'],
    ['effective_sparsity', ({ pruning }) => (1 - pruning.effectiveKept / pruning.prunable).toFixed(6), 'number'],
    ['dense_macs', ({ model }) => denseMacs(networks.get(model)!), 'whole'],
    ['sparse_macs', (run) => Math.round(sparseMacs(networks.get(run.model)!, run)), 'whole'],
    ['total_epochs', (run) => totalCost(run).epochs, 'whole'],
    ['total_seconds', (run) => totalCost(run).seconds.toFixed(3), 'number'],
  ];
}
