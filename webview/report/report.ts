/** The report of a comparison or a sweep: charts and tables from the JSON in the page. */
import './report.css';
import './editor.css';
import { type ComparedModel, type Comparison, DENSE } from '../../server/protocol/comparison';
import type { SweepResults } from '../../server/protocol/sweep';
import { element, scrolling } from '../shared/elements';
import { cssColor, isInEditor, onThemeChange, seriesColors } from '../shared/theme';
import { gradientNorms } from './gradientNorms';
import { changeTable, macTable } from './macTables';
import { type Metric, metricChoice, metricsOf, testTitle } from './metrics';
import { predictorSection } from './predictorSection';
import { type Curve, createSparsityChart } from './sparsityChart';
import { stabilitySection } from './stabilitySection';
import { axisSections, citedCurves, costSection, publishedFor, publishedTables, sourcesOf } from './sweepSections';
import { convergenceCosts, layerSection, metricTable, settingsTable, shrunkTable } from './tables';
import { themeButton } from './themeButton';

/** Of charts; a page that is hidden has no width at all. */
const LEAST_WIDTH = 240;
const MAXIMUM_WIDTH = 860;

function curvesOf({ methods }: Comparison): Curve[] {
  const pruned = methods.filter(({ name }) => name !== DENSE);
  const colors = seriesColors();
  return methods.map(({ name, title }) => {
    const index = pruned.findIndex((method) => method.name === name);
    return { method: name, title, color: index < 0 ? cssColor('--text') : colors[index % colors.length] };
  });
}

/** What the page shows: a comparison, or a sweep, which has more. */
type Results = Comparison | SweepResults;

function isSweep(results: Results): results is SweepResults {
  return 'sweep' in results;
}

/** Published numbers as dashed curves with their rows; none where a paper has none. */
function citedFor(results: Results, label: string) {
  const none = { curves: [], rows: [] };
  if (!isSweep(results)) return none;
  const published = publishedFor(results.sweep, label);
  if (!published) return none;
  const own = curvesOf(results);
  const colors = seriesColors();
  return citedCurves(published, label, (method, index) => {
    const variant = method === undefined ? undefined : results.sweep.variants.find((one) => one.method === method);
    const same = own.find((curve) => curve.method === variant?.name);
    return same?.color ?? colors[(own.length + index) % colors.length];
  });
}

/** What only a sweep's report has about a network. */
function sweepParts(results: Results, label: string): HTMLElement[] {
  if (!isSweep(results)) return [];
  const published = publishedFor(results.sweep, label);
  const cited = published ? [sourcesOf(published), ...publishedTables(published)] : [];
  return [...cited, costSection(results, label)];
}

/** Buttons that show and hide the curves of all charts. */
function legend(curves: readonly Curve[], hidden: Set<string>, onChange: () => void): HTMLElement {
  const buttons = curves.map(({ method, title, color, isCited = false }) => {
    const swatch = element('span', {
      class: method === DENSE || isCited ? 'swatch dashed' : 'swatch',
      style: `--color: ${color}`,
    });
    const button = element('button', { type: 'button', 'aria-pressed': String(!hidden.has(method)) }, swatch, title);
    button.addEventListener('click', () => {
      if (!hidden.delete(method)) hidden.add(method);
      button.setAttribute('aria-pressed', String(!hidden.has(method)));
      onChange();
    });
    return button;
  });
  return element('div', { class: 'legend', role: 'group', 'aria-label': 'Methods shown' }, ...buttons);
}

/** Of charts in `place`, which is in the page. */
function chartWidth(place: HTMLElement): number {
  return Math.max(LEAST_WIDTH, Math.min(MAXIMUM_WIDTH, place.clientWidth));
}

interface Section {
  readonly root: HTMLElement;
  /** Makes the chart anew, for another width or other colors. */
  rebuild(): void;
  update(): void;
}

function modelSection(comparison: Results, model: ComparedModel, hidden: Set<string>): Section {
  const rows = comparison.summary.filter((row) => row.model === model.label);
  const cited = citedFor(comparison, model.label);
  // Their colors are the theme's.
  const curves = () => [...curvesOf(comparison), ...citedFor(comparison, model.label).curves];
  const runs = comparison.runs.filter((run) => run.model === model.label);
  const norms = gradientNorms(runs);
  const figure = element('figure');
  const legendPlace = element('div');
  const metrics = metricsOf(rows);
  const stability = stabilitySection(comparison, rows, metrics.at(0));
  let metric = metrics.at(0);
  let chart: ReturnType<typeof createSparsityChart> | undefined;
  const hasPruned = rows.some(({ method }) => method !== DENSE);
  const update = () => {
    chart?.update();
    legendPlace.replaceChildren(legend(curves(), hidden, () => document.dispatchEvent(new Event('shown'))));
  };
  const rebuild = () => {
    chart?.destroy();
    const width = chartWidth(figure);
    if (hasPruned && metric) {
      const isShown = (method: string) => !hidden.has(method);
      chart = createSparsityChart({ rows: [...rows, ...cited.rows], metric, curves: curves(), width, isShown });
      figure.replaceChildren(chart.root);
    } else figure.replaceChildren('No pruned network is trained yet.');
    norms.draw(width);
    stability.draw(width, new Map(curvesOf(comparison).map(({ method, color }) => [method, color])));
    update();
  };
  const choose = (next: Metric) => {
    metric = next;
    rebuild();
  };
  const settings = element('details', {}, element('summary', {}, 'Settings'), settingsTable(model));
  const root = element(
    'section',
    {},
    element('h2', {}, model.label),
    element('p', { class: 'quiet' }, `${model.file}, trained on ${model.data}`),
    ...(hasPruned ? metricChoice(metrics, metric, choose) : []),
    figure,
    legendPlace,
    ...metrics.flatMap((one) => [
      element('h3', {}, testTitle(one)),
      scrolling(metricTable(comparison, one, rows, cited)),
    ]),
    ...stability.parts,
    ...convergenceCosts(comparison, runs),
    ...macTable(comparison, runs),
    ...changeTable(comparison, runs),
    ...shrunkTable(comparison, runs),
    ...sweepParts(comparison, model.label),
    element('h3', {}, 'What is left of each layer'),
    layerSection(comparison, runs, rows),
    ...norms.parts,
    settings,
  );
  return { root, rebuild, update };
}

function introduction({ runs, planned, backend, device, version, failures }: Comparison): HTMLElement {
  const count = runs.length === planned ? `${planned} runs` : `${runs.length} of ${planned} runs so far`;
  const failed = failures.length === 0 ? '' : ` ${failures.length} failed.`;
  const what = 'Networks pruned and trained: lines are means over seeds, bands one';
  const text = `${what} standard deviation. ${count} on ${backend} (${device}), PruneLens ${version}.${failed}`;
  const time =
    'A mask over single weights by itself saves no time; removing whole channels, or those that nothing reads any more, does.';
  return element('p', {}, text, ' ', time);
}

function start(): void {
  const comparison = JSON.parse(document.getElementById('comparison')!.textContent!) as Results;
  const hidden = new Set<string>();
  const sections = comparison.models.map((model) => modelSection(comparison, model, hidden));
  const each = (act: (section: Section) => void) => () => sections.forEach(act);
  const axes = isSweep(comparison) ? axisSections(comparison) : [];
  const rebuildModels = each((section) => section.rebuild());
  const rebuild = () => {
    rebuildModels();
    for (const axis of axes) axis.rebuild(chartWidth(axis.root));
  };
  document.addEventListener(
    'shown',
    each((section) => section.update()),
  );
  addEventListener('resize', rebuild);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', rebuild);
  onThemeChange(rebuild);
  const header = element(
    'header',
    {},
    element('h1', {}, isSweep(comparison) ? comparison.sweep.title : 'Pruning methods compared'),
    ...(isInEditor() ? [] : [themeButton(rebuild)]),
  );
  document
    .getElementById('report')!
    .replaceChildren(
      header,
      introduction(comparison),
      ...predictorSection(comparison.predictor),
      ...sections.map(({ root }) => root),
      ...axes.map(({ root }) => root),
    );
  rebuild();
}

start();
