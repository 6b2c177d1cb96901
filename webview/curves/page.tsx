/** The curves' page: its state, what it asks of the host, and its view, put together. */

import type { Chart } from '../shared/chart/chart';
import { curvesOverSparsity } from '../shared/chart/overSparsity';
import { type ExportFormat, saveAs } from '../shared/pictures';
import { createStore } from '../shared/store';
import { onThemeChange, readPalette } from '../shared/theme';
import { renderState } from '../shared/view';
import { COMPARISON_CHART } from './ComparisonView';
import { type CurvesActions, CurvesView } from './CurvesView';
import { methodColors, methodTitle } from './comparisonChart';
import { type Controller, type CurvesHost, type CurvesStore, createController } from './controller';
import { drawingOf } from './drawing';
import { chartsPicture, comparisonCsv, planeCsv, runsCsv } from './exports';
import { PLANE_CHART } from './PlaneView';
import { readRuns, shownComparison } from './selectors';
import { type CurvesPage, firstState, reduce } from './state';

/** The charts that are drawn, by name; nothing else is asked of a picture than that it can be drawn. */
type Charts = Map<string, Pick<Chart, 'svg' | 'resetZoom'>>;

/** Charts of a tab of their own. */
const OWN_TABS: readonly string[] = [COMPARISON_CHART, PLANE_CHART];

async function exportComparison(host: CurvesHost, format: ExportFormat, page: CurvesPage, charts: Charts) {
  const shown = shownComparison(page);
  const drawn = charts.get(COMPARISON_CHART);
  await saveAs(host, format, {
    name: 'comparison',
    csv: () => comparisonCsv(shown?.points ?? [], shown?.metric),
    picture: () =>
      chartsPicture(
        drawn ? [drawn.svg()] : [],
        methodColors(curvesOverSparsity(shown?.points ?? [])).map(({ method, color }) => ({
          label: methodTitle(method, shown?.methods ?? []),
          color,
        })),
      ),
  });
}

async function exportRuns(host: CurvesHost, format: ExportFormat, page: CurvesPage, charts: Charts) {
  const drawn = [...charts].filter(([name]) => !OWN_TABS.includes(name));
  await saveAs(host, format, {
    name: 'curves',
    csv: () => runsCsv(readRuns(page)),
    picture: () =>
      chartsPicture(
        drawn.map(([, chart]) => chart.svg()),
        drawingOf(page, readPalette()).legend,
      ),
  });
}

async function exportPlane(host: CurvesHost, format: ExportFormat, page: CurvesPage, charts: Charts) {
  const drawn = charts.get(PLANE_CHART)?.svg();
  await saveAs(host, format, {
    name: 'plot',
    csv: () => planeCsv(page),
    picture: () => chartsPicture(drawn ? [drawn] : [], drawn?.legend ?? []),
  });
}

const EXPORTS: { readonly [tab: string]: typeof exportRuns } = {
  comparison: exportComparison,
  plane: exportPlane,
};

function createActions(host: CurvesHost, { state, dispatch }: CurvesStore, { attempt }: Controller): CurvesActions {
  const charts: Charts = new Map();
  return {
    onToggleRun: (run, isOn) => dispatch({ kind: 'runToggled', run, isOn }),
    onStop: (run) => attempt(host.action('stopRun', { run })),
    onResume: (run) => attempt(host.action('resumeRun', { run })),
    onTab: (tab) => dispatch({ kind: 'tabShown', tab }),
    onBaseline: (run) => dispatch({ kind: 'baselinePinned', run }),
    onOptions: (options) => dispatch({ kind: 'optionsSet', options }),
    onPlane: (plane) => dispatch({ kind: 'planeSet', plane }),
    onPicture(picture) {
      if (picture) charts.set(PLANE_CHART, { svg: () => picture, resetZoom: () => {} });
      else charts.delete(PLANE_CHART);
    },
    onLogLoss: (logLoss) => dispatch({ kind: 'axesSet', axes: { logLoss } }),
    onLogEpochs: (logEpochs) => dispatch({ kind: 'axesSet', axes: { logEpochs } }),
    onLogDensity: (logDensity) => dispatch({ kind: 'axesSet', axes: { logDensity } }),
    onComparison: (folder) => dispatch({ kind: 'comparisonChosen', folder }),
    onModel: (model) => dispatch({ kind: 'modelChosen', model }),
    onMetric: (metric) => dispatch({ kind: 'metricChosen', metric }),
    onToggleCurve: (label, isOn) => dispatch({ kind: 'curveToggled', label, isOn }),
    onChart(name, chart) {
      if (chart) charts.set(name, chart);
      else charts.delete(name);
    },
    onResetZoom() {
      const { tab } = state();
      const isInFront = (name: string) => (OWN_TABS.includes(tab) ? name === tab : !OWN_TABS.includes(name));
      for (const [name, chart] of charts) if (isInFront(name)) chart.resetZoom();
    },
    onExport(format) {
      const exportShown = EXPORTS[state().tab] ?? exportRuns;
      attempt(exportShown(host, format, state(), charts));
    },
    onCloseNotice: (message) => dispatch({ kind: 'noticeClosed', message }),
  };
}

/** Builds the page in `body` and follows the host until the page goes. */
export async function startCurves(host: CurvesHost, body: HTMLElement): Promise<void> {
  const store = createStore(reduce, firstState(host.kept()));
  const controller = createController(host, store);
  const actions = createActions(host, store, controller);
  renderState(store, body, (page) => <CurvesView page={page} actions={actions} />);
  onThemeChange(() => store.dispatch({ kind: 'themeChanged' }));

  const { methods, runs, comparison } = await host.action('ready', {});
  store.dispatch({ kind: 'started', methods, runs, comparison });
  if (comparison) store.dispatch({ kind: 'comparisonOpened', folder: comparison });
  await controller.showList(await host.request('prunelens/runs', {}));
}
