/** Everything a survival report shows, a section for each run; drawn anew for another width or other colors. */
import { byImportance } from '../../server/protocol/catalogue/metrics';
import type { DensityPlane, PredictorPictures, SurvivalPictures, SurvivalReport } from '../../server/protocol/survival';
import { element, scrolling, table } from '../shared/elements';
import { count, exactPercent, fixedPercent } from '../shared/format';
import { ALL_METRICS, metricKey, metricText, metricValue } from '../shared/metrics';
import { type Colors, readColors } from './colors';
import { createDensityChart } from './densityChart';
import { createLayerChart, layerTable } from './layerChart';

const MOST = 980;
/** Pictures that would be narrower stand below each other. */
const LEAST = 220;
const MOST_COLUMNS = 4;
const GAP = 12;

interface Drawing {
  readonly width: number;
  readonly colors: Colors;
  /** Charts to be destroyed before the next drawing. */
  readonly charts: { destroy(): void }[];
}

function planesRow(planes: readonly DensityPlane[], { width, colors, charts }: Drawing): HTMLElement {
  const columns = Math.max(1, Math.min(planes.length, MOST_COLUMNS, Math.floor((width + GAP) / (LEAST + GAP))));
  const each = Math.floor((width - (columns - 1) * GAP) / columns);
  const made = planes.map((plane) => createDensityChart({ plane, width: each, colors }));
  charts.push(...made);
  return element('div', { class: 'planes' }, ...made.map(({ root }) => root));
}

function predictorSection({ title, file, isSeen, planes }: PredictorPictures, drawing: Drawing): HTMLElement[] {
  const seen = isSeen ? 'has learned from this network' : 'has never seen this network';
  return [
    element('h3', {}, `Prediction against truth: ${title}`),
    element('p', { class: 'quiet' }, `${file} ${seen}.`),
    planesRow(planes, drawing),
  ];
}

/** Metrics of the networks after each pruning. */
function accuracies({ accuracies: rows }: SurvivalPictures): HTMLElement[] {
  if (rows.length === 0) return [];
  const metrics = ALL_METRICS.filter(({ name }) =>
    rows.some((row) => metricValue(row, metricKey('test', name)) !== undefined),
  );
  const cells = rows.map((row, i) => [
    String(i + 1),
    fixedPercent(row.sparsity),
    ...metrics.map((metric) => {
      const value = metricValue(row, metricKey('test', metric.name));
      return value === undefined ? '' : metricText(metric, value);
    }),
  ]);
  const [first] = byImportance(metrics);
  const leading = first ? `${first.title.charAt(0).toUpperCase()}${first.title.slice(1)}` : 'Metrics';
  const columns = ['iteration', 'pruned', ...metrics.map(({ title }) => `test ${title}`)];
  const numbers = scrolling(table(columns, cells));
  return [element('details', {}, element('summary', {}, `${leading} at each iteration`), numbers)];
}

function runSection(run: SurvivalPictures, drawing: Drawing): HTMLElement {
  const { label, data, seed, iterations, criterion, schedule, finalSparsity, weights, drawn } = run;
  const how = `${iterations} iterations to ${exactPercent(finalSparsity)}, by ${criterion}, schedule ${schedule}, seed ${seed}`;
  const part = drawn < weights ? `, of which ${count(drawn)} are drawn` : '';
  const layers = createLayerChart(run.layers, drawing.width, drawing.colors);
  drawing.charts.push(layers);
  return element(
    'section',
    {},
    element('h2', {}, `${label} on ${data}`),
    element('p', { class: 'quiet' }, `${how}. ${count(weights)} weights${part}.`),
    element('h3', {}, 'Survival against what is known before training'),
    planesRow(run.planes, drawing),
    ...run.predictors.flatMap((predictor) => predictorSection(predictor, drawing)),
    element('h3', {}, 'Survival by layer'),
    layers.root,
    scrolling(layerTable(run.layers, drawing.colors)),
    ...accuracies(run),
  );
}

export interface SurvivalView {
  readonly root: HTMLElement;
  /** Draws everything anew. */
  draw(): void;
}

/** The view; `draw` it when it is in the page. */
export function createSurvivalView(report: SurvivalReport): SurvivalView {
  const introduction = element(
    'p',
    {},
    'Networks pruned iteratively, with the weights rewound each time: how long each weight survived. ',
    'The color of a cell is the stronger the more weights it holds, on a scale of logarithms; the line is the mean. ',
    element('span', { class: 'quiet' }, `Data set ${report.dataset}, PruneLens ${report.version}.`),
  );
  const place = element('div');
  const root = element('div', { class: 'survival' }, introduction, place);
  let charts: { destroy(): void }[] = [];
  return {
    root,
    draw() {
      for (const chart of charts) chart.destroy();
      charts = [];
      const width = Math.max(240, Math.min(MOST, root.clientWidth));
      const drawing = { width, colors: readColors(root), charts };
      place.replaceChildren(...report.runs.map((run) => runSection(run, drawing)));
    },
  };
}
