/** The tables of the report. */
import {
  type ComparedModel,
  type Comparison,
  DENSE,
  type LayerResult,
  type RunOutcome,
  type ShrinkResult,
  type SummaryRow,
} from '../../server/protocol/comparison';
import { SMALLER_NETWORKS } from '../../server/protocol/sweep';
import { element, scrolling, table } from '../shared/elements';
import { count, exactPercent, fixedPercent } from '../shared/format';
import { measuredValue } from '../shared/metrics';
import { type Metric, measuredText } from './metrics';
import type { Curve } from './sparsityChart';

/** Sparsities of the pruned networks, ascending. */
function sparsitiesOf(rows: readonly SummaryRow[]): number[] {
  const values = rows.filter(({ method }) => method !== DENSE).map(({ sparsity }) => sparsity);
  return [...new Set(values)].sort((a, b) => a - b);
}

/** A metric of each method at each sparsity; `cited` methods are shown where they have one of these sparsities. */
export function metricTable(
  comparison: Comparison,
  metric: Metric,
  rows: readonly SummaryRow[],
  cited: { readonly curves: readonly Curve[]; readonly rows: readonly SummaryRow[] } = { curves: [], rows: [] },
): HTMLElement {
  const sparsities = sparsitiesOf(rows);
  const hasDense = rows.some(({ method }) => method === DENSE);
  const shown = hasDense && !sparsities.includes(0) ? [0, ...sparsities] : sparsities;
  const cellsOf = (from: readonly SummaryRow[], method: string) =>
    shown.map((sparsity) => {
      const found = from.find((row) => row.method === method && row.sparsity === sparsity);
      return measuredText(metric, found && measuredValue(found, metric.name));
    });
  const own = comparison.methods.map(({ name, title }) => [title, ...cellsOf(rows, name)]);
  const others = cited.curves
    .map(({ method, title }) => [title, ...cellsOf(cited.rows, method)])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  return table(['method', ...shown.map(exactPercent)], [...own, ...others]);
}

/** What networks that lost channels cost: means over the seeds; none where no method removes any. */
export function shrunkTable(comparison: Comparison, runs: readonly RunOutcome[]): HTMLElement[] {
  const sparsities = [...new Set(runs.map(({ sparsity }) => sparsity))].sort((a, b) => a - b);
  const rows = comparison.methods.flatMap(({ name, title }) =>
    sparsities.flatMap((sparsity) => {
      const own = runs.filter((run) => run.method === name && run.sparsity === sparsity);
      const shrunk = own.flatMap(({ pruning }) => pruning.shrunk ?? []);
      if (shrunk.length === 0) return [];
      const over = (value: (result: ShrinkResult) => number) =>
        shrunk.reduce((sum, result) => sum + value(result), 0) / shrunk.length;
      return [
        [
          title,
          exactPercent(sparsity),
          `${count(over(({ keptChannels }) => keptChannels))} of ${count(shrunk[0].channels)}`,
          fixedPercent(over(({ parameters, denseParameters }) => parameters / denseParameters)),
          fixedPercent(over(({ macs, denseMacs }) => macs / denseMacs)),
          fixedPercent(
            over(({ step }) => step.seconds / step.denseSeconds),
            1,
          ),
        ],
      ];
    }),
  );
  if (rows.length === 0) return [];
  const head = ['method', 'sparsity', 'channels left', 'parameters left', 'MACs left', 'training step'];
  return [
    element('h3', {}, 'Smaller networks, as shares of the dense one'),
    element('p', { class: 'quiet' }, SMALLER_NETWORKS),
    scrolling(table(head, rows)),
  ];
}

function keptCell(layer: LayerResult | undefined): HTMLElement | string {
  if (!layer) return '';
  const kept = layer.kept / layer.total;
  // Few weights are told apart better on a scale of roots.
  const cell = element('span', { class: 'heat', style: `--share: ${Math.sqrt(kept)}` });
  cell.title = `${count(layer.kept)} of ${count(layer.total)} weights stay, ${count(layer.effectiveKept)} of them on a path from input to output`;
  cell.append(layer.kept === 0 ? 'collapsed' : fixedPercent(kept, kept < 0.1 ? 2 : 1));
  return cell;
}

/** What each method leaves of each layer at one sparsity, of the first seed. */
export function layerTable(comparison: Comparison, runs: readonly RunOutcome[], sparsity: number): HTMLElement {
  const methods = comparison.methods.filter(({ name }) => name !== DENSE);
  const columns = methods.map(({ name }) => runs.find((run) => run.method === name && run.sparsity === sparsity));
  const layers = columns.find((run) => run !== undefined)?.pruning.layers ?? [];
  const body = layers.map(({ weight, shape, total, file, line }) => {
    const place = file === null ? '' : `${file.split(/[\\/]/).pop()}:${line}`;
    const cells = columns.map((run) => keptCell(run?.pruning.layers.find((layer) => layer.weight === weight)));
    return [weight, place, shape.join(' × '), count(total), ...cells];
  });
  return table(['weight', 'source', 'shape', 'weights', ...methods.map(({ title }) => title)], body);
}

/** Choices of a sparsity over the table it leads to. */
export function layerSection(comparison: Comparison, runs: readonly RunOutcome[], rows: readonly SummaryRow[]) {
  const sparsities = sparsitiesOf(rows);
  const place = scrolling();
  const buttons = sparsities.map((sparsity) => {
    const button = element('button', { type: 'button' }, exactPercent(sparsity));
    button.addEventListener('click', () => show(sparsity));
    return button;
  });
  const show = (sparsity: number) => {
    place.replaceChildren(layerTable(comparison, runs, sparsity));
    buttons.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(sparsities[i] === sparsity));
    });
  };
  if (sparsities.length > 0) show(sparsities[sparsities.length - 1]);
  return element('div', {}, element('div', { class: 'choices' }, 'sparsity ', ...buttons), place);
}

/** What the runs of a model have in common. */
export function settingsTable({ settings }: ComparedModel): HTMLElement {
  return element('div', { class: 'settings' }, table(['setting', 'value'], Object.entries(settings)));
}

/** What pruning at convergence has cost, a sentence a method; none where all methods prune at initialization. */
export function convergenceCosts({ methods }: Comparison, runs: readonly RunOutcome[]): HTMLElement[] {
  const sentences = methods.flatMap(({ name, title }) => {
    const epochs = runs.flatMap(({ method, final, pruning: { trainedBefore } }) =>
      method === name && trainedBefore
        ? [{ before: trainedBefore.epochs, all: trainedBefore.epochs + final.epoch }]
        : [],
    );
    if (epochs.length === 0) return [];
    const range = (values: readonly number[]) => {
      const [least, most] = [Math.min(...values), Math.max(...values)];
      return least === most ? `${least}` : `${least} to ${most}`;
    };
    const all = range(epochs.map((one) => one.all));
    return `${title} prunes after training: a network took ${all} epochs in all, ${range(epochs.map(({ before }) => before))} of them before it was pruned.`;
  });
  return sentences.map((sentence) => element('p', { class: 'quiet' }, sentence));
}
