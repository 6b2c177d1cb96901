/** The curves: runs beside each other as they grow, and comparisons over sparsity. */
import type { RunMetrics, RunSummary } from '../../server/protocol/results';
import type { PageContext, PageState } from '../../server/protocol/webview';
import { element, setVisible } from '../shared/elements';
import { type Host, isCancelled, messageOf } from '../shared/host';
import { afterPause, oncePerFrame } from '../shared/latest';
import { createNotices } from '../shared/notices';
import { type ExportFormat, saveAs } from '../shared/pictures';
import { onThemeChange, readPalette } from '../shared/theme';
import { button, checkbox, grid, panels } from '../toolkit';
import { createComparisonView } from './comparisonView';
import { chartsPicture, epochColumns, epochRows, runsCsv } from './exports';
import { addNews, emptyTable, type MetricsTable, type TrainingNews, tableOf } from './metricsTable';
import { createRunCharts, type RunCharts } from './runCharts';
import { createRunList } from './runList';

/** What is kept over a reload. */
export interface CurvesPageState extends PageState {
  readonly tab: string;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly logDensity: boolean;
  /** Labels of curves that are switched off in the legends. */
  readonly hidden: readonly string[];
}

/** Runs that are shown when nobody has chosen any. */
const SHOWN_AT_FIRST = 4;

/** Builds the page in `body` and follows the host until the page goes. */
export async function startCurves(host: Host<CurvesPageState>, body: HTMLElement): Promise<void> {
  const kept = host.kept();
  let context: PageContext = { methods: [], theme: 'light' };
  let runs: readonly RunSummary[] = [];
  let shown = new Set<string>(kept.runs);
  let isChosen = kept.runs !== undefined;
  let comparison = kept.comparison;
  let tab = kept.tab ?? 'runs';
  let logLoss = kept.logLoss ?? false;
  let logEpochs = kept.logEpochs ?? false;
  const hidden = new Set(kept.hidden);
  const metrics = new Map<string, RunMetrics>();
  /** How many steps an epoch has, of the runs that have told. */
  const epochSteps = new Map<string, number>();
  let table: MetricsTable = emptyTable();
  let charts: RunCharts | undefined;
  let drawnFor = '';

  const notices = createNotices();
  const fail = (error: unknown) => {
    if (!isCancelled(error)) notices.show(messageOf(error));
  };
  const attempt = (work: Promise<unknown>) => void work.catch(fail);
  const toggleCurve = (label: string, isOn: boolean) => {
    if (isOn) hidden.delete(label);
    else hidden.add(label);
    host.keep({ hidden: [...hidden] });
  };

  const list = createRunList({
    onToggle(run, isOn) {
      isChosen = true;
      if (isOn) shown.add(run);
      else shown.delete(run);
      host.keep({ runs: [...shown] });
      attempt(showRuns());
    },
    onStop: (run) => attempt(host.action('stopRun', { run })),
    onResume: (run) => attempt(host.action('resumeRun', { run })),
  });
  const runCharts = createRunCharts();
  const comparisons = createComparisonView({
    logDensity: kept.logDensity ?? true,
    hidden,
    onToggle: toggleCurve,
    onComparison(folder) {
      comparison = folder;
      host.keep({ comparison });
    },
    onLogDensity: (logDensity) => host.keep({ logDensity }),
  });
  const epochs = grid('Epochs');
  const nothing = element(
    'div',
    { class: 'empty' },
    element('h2', {}, 'No run is shown'),
    element('p', {}, 'Choose runs in the list, or start one: “Train masked” in the lens above a model.'),
  );
  const drawing = element(
    'div',
    {},
    element(
      'div',
      { class: 'toolbar' },
      checkbox('Log loss', logLoss, (checked) => {
        logLoss = checked;
        host.keep({ logLoss });
        redraw();
      }).root,
      checkbox('Log epochs', logEpochs, (checked) => {
        logEpochs = checked;
        host.keep({ logEpochs });
        redraw();
      }).root,
      button({ label: 'Reset zoom', onClick: () => charts?.resetZoom() }),
    ),
    runCharts.root,
  );
  const views = panels(
    'Views',
    [
      { id: 'runs', title: 'Training', content: element('div', { class: 'view' }, nothing, drawing) },
      { id: 'comparison', title: 'Comparison', content: comparisons.root },
      { id: 'table', title: 'Table', content: element('div', { class: 'view' }, epochs.root) },
    ],
    tab,
    (next) => {
      tab = next;
      host.keep({ tab });
      showTable();
    },
  );
  const files = (['png', 'svg', 'csv'] as const).map((format) =>
    button({
      label: format.toUpperCase(),
      title: `Export as ${format.toUpperCase()}`,
      properties: { 'data-export': format },
      onClick: () => attempt(exportAs(format)),
    }),
  );
  const toolbar = element(
    'div',
    { class: 'toolbar toolbar-end', role: 'group', 'aria-label': 'Export' },
    element('span', { class: 'toolbar-label' }, 'Export'),
    ...files,
  );
  const main = element(
    'main',
    { class: 'curves' },
    list.root,
    element('div', { class: 'curves-main' }, toolbar, views),
  );
  body.replaceChildren(notices.root, main);

  const shownRuns = () => runs.filter(({ run }) => shown.has(run));
  const shownMetrics = () =>
    shownRuns().flatMap((summary) => {
      const found = metrics.get(summary.run);
      return found ? [{ summary, metrics: found }] : [];
    });

  function colorsOf(): Map<string, string> {
    const { series } = readPalette();
    return new Map(shownRuns().map(({ run }, at) => [run, series[at % series.length]]));
  }

  /** Builds the charts anew: other runs, other axes or another theme. */
  function redraw(): void {
    const selected = shownRuns();
    const colors = colorsOf();
    list.update(runs, shown, colors);
    setVisible(nothing, selected.length === 0);
    setVisible(drawing, selected.length > 0);
    drawnFor = chartsKey();
    if (selected.length === 0) return;
    charts = runCharts.build({ runs: selected, colors, logLoss, logEpochs, hidden, onToggle: toggleCurve });
    charts.update(table);
  }

  const chartsKey = () =>
    JSON.stringify(
      shownRuns().map(({ run, label, masked, state, testMeanIoU }) => {
        return [run, label, masked, state, testMeanIoU !== undefined];
      }),
    );

  function showTable(): void {
    if (tab === 'table') epochs.setRows(epochColumns(shownMetrics()), epochRows(shownMetrics()));
  }

  /** Reads the shown runs that are not known yet, and draws all of them. */
  async function showRuns(): Promise<void> {
    const missing = shownRuns().filter(({ run }) => !metrics.has(run));
    const found = await Promise.all(missing.map(({ run }) => host.request('prunelens/runMetrics', { run })));
    for (const one of found) metrics.set(one.run, one);
    table = tableOf(
      shownMetrics().map((one) => one.metrics),
      epochSteps,
    );
    redraw();
    showTable();
  }

  async function showList(next: readonly RunSummary[]): Promise<void> {
    // A run that has grown while it was not listened to is read again.
    for (const { run, finishedEpochs, state } of next) {
      if (state !== 'running' && (metrics.get(run)?.epochs.length ?? finishedEpochs) !== finishedEpochs)
        metrics.delete(run);
    }
    runs = next;
    if (!isChosen) {
      const newest = [...runs].sort((a, b) => (b.started ?? '').localeCompare(a.started ?? ''));
      shown = new Set(newest.slice(0, SHOWN_AT_FIRST).map(({ run }) => run));
    }
    for (const { run, state } of runs) if (state === 'running') shown.add(run);
    const isKnown = shownRuns().every(({ run }) => metrics.has(run));
    if (isKnown && chartsKey() === drawnFor) list.update(runs, shown, colorsOf());
    else await showRuns();
    comparisons.update(await host.request('prunelens/comparisons', {}), comparison, context.methods);
  }

  const drawGrown = oncePerFrame(() => {
    charts?.update(table);
    showTable();
  });

  /** One step or epoch more of a running run. */
  function grow(news: TrainingNews): void {
    const known = metrics.get(news.run);
    if (!known || !shown.has(news.run)) return;
    const { run, epoch, step, loss, accuracy, stepLosses = [], testLoss, testAccuracy, testMeanIoU } = news;
    if (step !== undefined) {
      (known.steps as RunMetrics['steps'][number][]).push(...stepLosses.map((one) => ({ epoch, ...one })));
    } else if (testLoss !== undefined && testAccuracy !== undefined) {
      const means = { epoch, trainLoss: loss, trainAccuracy: accuracy, testLoss, testAccuracy };
      const line = testMeanIoU === undefined ? means : { ...means, testMeanIoU };
      metrics.set(run, { ...known, epochs: [...known.epochs.filter((one) => one.epoch !== epoch), line] });
    }
    if (news.steps !== undefined && epochSteps.get(run) !== news.steps) {
      // Steps that were read from disk were placed by a guess.
      epochSteps.set(run, news.steps);
      table = tableOf(
        shownMetrics().map((one) => one.metrics),
        epochSteps,
      );
    }
    addNews(table, news);
    drawGrown(undefined);
  }

  async function exportAs(format: ExportFormat): Promise<void> {
    const isComparison = tab === 'comparison';
    const colors = colorsOf();
    await saveAs(host, format, {
      name: isComparison ? 'comparison' : 'curves',
      csv: () => (isComparison ? comparisons.csv() : runsCsv(shownMetrics())),
      picture: () =>
        isComparison
          ? chartsPicture(comparisons.charts(), comparisons.legend())
          : chartsPicture(
              charts?.svgs() ?? [],
              shownRuns().map(({ run, label }) => ({ label, color: colors.get(run)! })),
            ),
    });
  }

  const listChanged = afterPause(50, (next: readonly RunSummary[]) => attempt(showList(next)));
  host.onEvent((event) => {
    if (event.event === 'runsChanged') listChanged(event.runs);
    if (event.event === 'training') grow(event.training);
    if (event.event === 'status') {
      const progress = event.status.jobs.map((job) => job.progress).find((one) => one?.training);
      if (progress?.training) list.setProgress(progress.training.run, progress.fraction ?? 0, progress.secondsLeft);
    }
    if (event.event === 'selectRuns') {
      if (event.runs) {
        isChosen = true;
        shown = new Set(event.runs);
        host.keep({ runs: event.runs });
        attempt(showRuns());
      }
      if (event.comparison) openComparison(event.comparison);
    }
  });
  function openComparison(folder: string): void {
    comparison = folder;
    host.keep({ comparison });
    (views as HTMLElement & { activeid: string }).activeid = 'tab-comparison';
    attempt(host.request('prunelens/comparisons', {}).then((all) => comparisons.update(all, folder, context.methods)));
  }
  onThemeChange(() => {
    redraw();
    comparisons.redraw();
  });

  context = await host.action('ready', {});
  if (context.runs) {
    isChosen = true;
    shown = new Set(context.runs);
  }
  comparison = context.comparison ?? comparison;
  await showList(await host.request('prunelens/runs', {}));
  if (context.comparison) openComparison(context.comparison);
}
