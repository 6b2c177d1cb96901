/** The report of a comparison: charts and tables from the JSON in the page. */
import 'uplot/dist/uPlot.min.css';
import './report.css';
import { type ComparedModel, type Comparison, DENSE } from '../server/protocol/comparison';
import { type Chart, type Curve, createChart } from './chart';
import { element, themeColor } from './elements';
import { accuracyTable, layerSection, settingsTable } from './tables';

/** Told apart also by people who do not see all colors (Okabe and Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#9467bd', '#8c564b', '#bcbd22'];

const MAXIMUM_WIDTH = 860;

function curvesOf({ methods }: Comparison): Curve[] {
  const pruned = methods.filter(({ name }) => name !== DENSE);
  return methods.map(({ name, title }) => {
    const index = pruned.findIndex((method) => method.name === name);
    return { method: name, title, color: index < 0 ? themeColor('--text') : COLORS[index % COLORS.length] };
  });
}

/** Buttons that show and hide the curves of all charts. */
function legend(curves: readonly Curve[], hidden: Set<string>, onChange: () => void): HTMLElement {
  const buttons = curves.map(({ method, title, color }) => {
    const swatch = element('span', {
      class: method === DENSE ? 'swatch dashed' : 'swatch',
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

function themeButton(onChange: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'theme' }, 'dark / light');
  button.addEventListener('click', () => {
    const { dataset } = document.documentElement;
    const isDark =
      (dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
    dataset.theme = isDark ? 'light' : 'dark';
    onChange();
  });
  return button;
}

interface Section {
  readonly root: HTMLElement;
  /** Makes the chart anew, for another width or other colors. */
  rebuild(): void;
  update(): void;
}

function modelSection(comparison: Comparison, model: ComparedModel, hidden: Set<string>): Section {
  const rows = comparison.summary.filter((row) => row.model === model.label);
  const runs = comparison.runs.filter((run) => run.model === model.label);
  const figure = element('figure');
  const legendPlace = element('div');
  let chart: Chart | undefined;
  const hasPruned = rows.some(({ method }) => method !== DENSE);
  const update = () => {
    chart?.update();
    legendPlace.replaceChildren(legend(curvesOf(comparison), hidden, () => document.dispatchEvent(new Event('shown'))));
  };
  const rebuild = () => {
    chart?.destroy();
    if (hasPruned) {
      const width = Math.min(MAXIMUM_WIDTH, document.documentElement.clientWidth - 48);
      const isShown = (method: string) => !hidden.has(method);
      chart = createChart({ rows, curves: curvesOf(comparison), width, isShown });
      figure.replaceChildren(chart.root);
    } else figure.replaceChildren('No pruned network is trained yet.');
    update();
  };
  const settings = element('details', {}, element('summary', {}, 'Settings'), settingsTable(model));
  const root = element(
    'section',
    {},
    element('h2', {}, model.label),
    element('p', { class: 'quiet' }, `${model.file}, trained on ${model.data}`),
    figure,
    legendPlace,
    element('h3', {}, 'Test accuracy'),
    element('div', { class: 'scroll' }, accuracyTable(comparison, rows)),
    element('h3', {}, 'What is left of each layer'),
    layerSection(comparison, runs, rows),
    settings,
  );
  return { root, rebuild, update };
}

function introduction({ runs, planned, backend, device, version, failures }: Comparison): HTMLElement {
  const count = runs.length === planned ? `${planned} runs` : `${runs.length} of ${planned} runs so far`;
  const failed = failures.length === 0 ? '' : ` ${failures.length} failed.`;
  const what = 'Networks pruned at initialization and trained under their masks: lines are means over seeds, bands one';
  const text = `${what} standard deviation. ${count} on ${backend} (${device}), PruneLens ${version}.${failed}`;
  return element('p', {}, text);
}

function start(): void {
  const comparison = JSON.parse(document.getElementById('comparison')!.textContent!) as Comparison;
  const hidden = new Set<string>();
  const sections = comparison.models.map((model) => modelSection(comparison, model, hidden));
  const each = (act: (section: Section) => void) => () => sections.forEach(act);
  const rebuild = each((section) => section.rebuild());
  document.addEventListener(
    'shown',
    each((section) => section.update()),
  );
  addEventListener('resize', rebuild);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', rebuild);
  const header = element('header', {}, element('h1', {}, 'Pruning methods compared'), themeButton(rebuild));
  document
    .getElementById('report')!
    .replaceChildren(header, introduction(comparison), ...sections.map(({ root }) => root));
  rebuild();
}

start();
