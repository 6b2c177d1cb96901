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
import { chartsPicture, comparisonCsv, runsCsv } from './exports';
import { readRuns, runColors, shownComparison } from './selectors';
import { type CurvesPage, firstState, reduce, shownRuns } from './state';

/** The charts that are drawn, by name. */
type Charts = Map<string, Chart>;

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
  const colors = runColors(page, readPalette().series);
  const drawn = [...charts].filter(([name]) => name !== COMPARISON_CHART);
  await saveAs(host, format, {
    name: 'curves',
    csv: () => runsCsv(readRuns(page)),
    picture: () =>
      chartsPicture(
        drawn.map(([, chart]) => chart.svg()),
        shownRuns(page).map(({ run, label }) => ({ label, color: colors.get(run)! })),
      ),
  });
}

function createActions(host: CurvesHost, { state, dispatch }: CurvesStore, { attempt }: Controller): CurvesActions {
  const charts: Charts = new Map();
  return {
    onToggleRun: (run, isOn) => dispatch({ kind: 'runToggled', run, isOn }),
    onStop: (run) => attempt(host.action('stopRun', { run })),
    onResume: (run) => attempt(host.action('resumeRun', { run })),
    onTab: (tab) => dispatch({ kind: 'tabShown', tab }),
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
      const isComparison = state().tab === 'comparison';
      for (const [name, chart] of charts) if ((name === COMPARISON_CHART) === isComparison) chart.resetZoom();
    },
    onExport(format) {
      const exportShown = state().tab === 'comparison' ? exportComparison : exportRuns;
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
