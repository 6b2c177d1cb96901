/** What the report of a sweep has beside that of a comparison: costs, published numbers, and charts over its axes. */

import { DENSE, type SummaryRow } from '../../server/protocol/comparison';
import {
  COST_AT_CONVERGENCE,
  type CostRow,
  NO_TIME_SAVED,
  type PublishedNumbers,
  type SweepDetails,
  type SweepResults,
} from '../../server/protocol/sweep';
import type { StillChart } from '../shared/chart/still';
import { element, scrolling, table } from '../shared/elements';
import { count, decimal, elapsed, exactPercent, fixedPercent, spread } from '../shared/format';
import { seriesColors } from '../shared/theme';
import { createAxisChart } from './axisChart';
import { metricChoice, metricsOf } from './metrics';
import type { Curve } from './sparsityChart';

/** Published numbers about a network; undefined where there are none. */
export function publishedFor({ published }: SweepDetails, label: string): PublishedNumbers | undefined {
  return published.find(({ model }) => model === label);
}

/** Published accuracies as rows and dashed curves, in the colors of the same methods here where there are such. */
export function citedCurves(
  { curves }: PublishedNumbers,
  label: string,
  colorOf: (method: string | undefined, index: number) => string,
): { readonly curves: readonly Curve[]; readonly rows: readonly SummaryRow[] } {
  return {
    curves: curves.map(({ id, title, method }, index) => ({
      method: id,
      title: `${title} (published)`,
      color: colorOf(method, index),
      isCited: true,
    })),
    rows: curves.flatMap(({ id, points }) => points.map((point) => ({ ...point, model: label, method: id, runs: 0 }))),
  };
}

/** Where the published numbers come from. */
export function sourcesOf({ curves, steps, times }: PublishedNumbers): HTMLElement {
  const sources = [...new Set([...curves, ...steps, ...times].map(({ source }) => source))];
  return element('p', { class: 'quiet' }, `Published: ${sources.join('; ')}.`);
}

function timeOf(row: CostRow, dense: CostRow | undefined): string {
  const seconds = elapsed(row.trainingSeconds);
  return dense && row !== dense ? `${seconds} (${fixedPercent(row.trainingSeconds / dense.trainingSeconds)})` : seconds;
}

/** Sparsity as asked for and as it is, multiplications, and measured times. */
export function costSection(results: SweepResults, label: string): HTMLElement {
  const rows = results.sweep.costs.filter(({ model }) => model === label);
  const dense = rows.find(({ method }) => method === DENSE);
  const { denseMacs } = results.sweep.networks.find((network) => network.label === label)!;
  const titles = new Map(results.methods.map(({ name, title }) => [name, title]));
  const hasSteps = rows.some(({ stepRatio }) => stepRatio !== undefined);
  const body = rows.map((row) => [
    titles.get(row.method) ?? row.method,
    ...(hasSteps ? [row.method === DENSE ? '' : exactPercent(row.sparsity)] : []),
    fixedPercent(row.nominalSparsity),
    fixedPercent(row.effectiveSparsity),
    count(Math.round(denseMacs)),
    count(Math.round(row.sparseMacs)),
    ...(hasSteps ? [row.stepRatio === undefined ? '' : fixedPercent(row.stepRatio)] : []),
    elapsed(row.scoringSeconds),
    timeOf(row, dense),
    decimal(row.totalEpochs),
    elapsed(row.totalSeconds),
  ]);
  const head = [
    'method',
    ...(hasSteps ? ['sparsity asked for'] : []),
    'nominal sparsity',
    'effective sparsity',
    'dense MACs',
    'sparse MACs',
    ...(hasSteps ? ['training step (share of dense)'] : []),
    'scoring',
    'training (share of dense)',
    'epochs in all',
    'time in all',
  ];
  return element(
    'details',
    { open: '' },
    element('summary', {}, 'Sparsity and cost'),
    element('p', {}, NO_TIME_SAVED),
    element('p', {}, COST_AT_CONVERGENCE),
    scrolling(table(head, body)),
  );
}

/** Published accuracies over the number of meta steps, and times of training, where papers have them. */
export function publishedTables({ steps, times }: PublishedNumbers): HTMLElement[] {
  const stepTables = steps.map(({ sparsity, points }) =>
    table(
      [`meta steps at ${exactPercent(sparsity)} (published)`, ...points.map((point) => String(point.steps))],
      [['ProsPr', ...points.map(({ mean, deviation }) => spread(fixedPercent(mean), fixedPercent(deviation)))]],
    ),
  );
  const timeTables = times.map(({ epochs, points }) =>
    table(
      [`training time of ${epochs} epochs (published)`, ...points.map(({ sparsity }) => exactPercent(sparsity))],
      [['structured ProsPr', ...points.map(({ seconds }) => elapsed(seconds))]],
    ),
  );
  return [...stepTables, ...timeTables].map((one) => scrolling(one));
}

export interface AxisSection {
  readonly root: HTMLElement;
  /** Makes the chart anew, for another width or other colors. */
  rebuild(width: number): void;
}

/** One section for each axis and network, with a choice of the sparsity. */
export function axisSections({ sweep }: SweepResults): AxisSection[] {
  return sweep.axes.flatMap(({ option, values }) => {
    const curves = sweep.axisCurves.filter((curve) => curve.option === option);
    const places = [...new Set(curves.map(({ place }) => place))];
    return places.map((place): AxisSection => {
      const own = curves.filter((curve) => curve.place === place);
      const titles = [...new Set(own.map(({ title }) => title))];
      const colorOf = (title: string) => {
        const colors = seriesColors();
        return colors[titles.indexOf(title) % colors.length];
      };
      const sparsities = [...new Set(own.map(({ sparsity }) => sparsity))].sort((a, b) => a - b);
      const figure = element('figure');
      const key = element('div', { class: 'legend' });
      const metrics = metricsOf(own.flatMap(({ points }) => points));
      let metric = metrics.at(0);
      let chosen = sparsities[sparsities.length - 1];
      let latest = 0;
      let plot: StillChart | undefined;
      const draw = (width: number) => {
        latest = width;
        plot?.destroy();
        const lines = own
          .filter(({ sparsity }) => sparsity === chosen)
          .map((curve) => ({ curve, color: colorOf(curve.title) }));
        plot = metric && createAxisChart({ option, metric, values, lines, width });
        figure.replaceChildren(plot?.root ?? 'No network is trained yet.');
        key.replaceChildren(
          ...titles.map((title) =>
            element('span', {}, element('span', { class: 'swatch', style: `--color: ${colorOf(title)}` }), title),
          ),
        );
        buttons.forEach((button, index) => {
          button.setAttribute('aria-pressed', String(sparsities[index] === chosen));
        });
      };
      const buttons = sparsities.map((sparsity) => {
        const name = sparsity === 0 ? 'dense' : exactPercent(sparsity);
        const button = element('button', { type: 'button' }, name);
        button.addEventListener('click', () => {
          chosen = sparsity;
          draw(latest);
        });
        return button;
      });
      const root = element(
        'section',
        {},
        element(
          'h2',
          {},
          `${place}: ${metrics.map(({ title }) => title).join(' and ') || 'what is reached'} over ${option}`,
        ),
        ...metricChoice(metrics, metric, (next) => {
          metric = next;
          draw(latest);
        }),
        element('div', { class: 'choices' }, 'sparsity ', ...buttons),
        figure,
        key,
      );
      return { root, rebuild: draw };
    });
  });
}
