/** The curves as a state: runs, their metrics and comparisons, and what is chosen of them. No browser is needed here. */
import type { ComparisonSummary, RunMetrics, RunSummary } from '../../server/protocol/results';
import type { RunRow } from '../../server/protocol/runTable/row';
import type { MethodChoice, PageState } from '../../server/protocol/webview';
import { METRIC_KEYS, metricKey, newsValue, type TrainingNews } from '../shared/metrics';
import { withNotice, withoutNotice } from '../shared/notices';
import type { Reducer } from '../shared/store';
import { addNews, copyOf, emptyTable, type MetricsTable, tableOf } from './metricsTable';
import { type CurveOptions, keptOptions } from './options';
import { keptPlane, type Plane } from './plane';
import { colorPlaces } from './runColors';
import type { Metric } from './statistics';

/** What is kept over a reload. */
export interface CurvesPageState extends PageState {
  readonly tab: string;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly logDensity: boolean;
  /** Labels of curves that are switched off in the legends. */
  readonly hidden: readonly string[];
  readonly options: CurveOptions;
  readonly plane: Plane;
  /** Places of the colors of the shown runs, by their folders. */
  readonly colors: { readonly [run: string]: number };
}

/** How far a run is: `fraction` of all its epochs. */
export interface Progress {
  readonly fraction: number;
  readonly secondsLeft?: number;
}

export interface CurvesPage {
  readonly methods: readonly MethodChoice[];
  readonly runs: readonly RunSummary[];
  /** Folders of the runs that are shown, whether there are such runs or not. */
  readonly shown: readonly string[];
  /** Running runs that somebody has switched off: they do not come back by themselves. */
  readonly dismissed: readonly string[];
  /** Somebody has chosen them; the newest ones are shown otherwise. */
  readonly isChosen: boolean;
  /** Of the runs that were read. */
  readonly metrics: ReadonlyMap<string, RunMetrics>;
  /** How many steps an epoch has, of the runs that have told. */
  readonly epochSteps: ReadonlyMap<string, number>;
  /** The curves of the shown runs: made of `metrics`, and then grown with what running ones tell. */
  readonly table: MetricsTable;
  readonly progress: ReadonlyMap<string, Progress>;
  /** Places of the shown runs' colors in the list of colors. */
  readonly colors: ReadonlyMap<string, number>;
  readonly comparisons: readonly ComparisonSummary[];
  /** What was chosen of the comparisons; where it is not there, something else is shown. */
  readonly comparison?: string;
  readonly model?: string;
  readonly metric?: Metric;
  readonly tab: string;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly logDensity: boolean;
  readonly hidden: readonly string[];
  readonly options: CurveOptions;
  /** What runs are held against each other by. */
  readonly plane: Plane;
  /** The runs with their settings and what they have reached; undefined until something needs them. */
  readonly rows?: readonly RunRow[];
  readonly notices: readonly string[];
  /** Counts changes of the theme, whose colors are read anew then. */
  readonly theme: number;
}

export type CurvesEvent =
  | {
      readonly kind: 'started';
      readonly methods: readonly MethodChoice[];
      readonly runs?: readonly string[];
      readonly comparison?: string;
    }
  | { readonly kind: 'runsListed'; readonly runs: readonly RunSummary[] }
  | { readonly kind: 'metricsRead'; readonly metrics: readonly RunMetrics[] }
  | { readonly kind: 'grown'; readonly news: readonly TrainingNews[] }
  | { readonly kind: 'progressTold'; readonly run: string; readonly progress: Progress }
  | { readonly kind: 'runToggled'; readonly run: string; readonly isOn: boolean }
  | { readonly kind: 'runsChosen'; readonly runs: readonly string[] }
  | { readonly kind: 'comparisonsTold'; readonly comparisons: readonly ComparisonSummary[] }
  | { readonly kind: 'comparisonChosen'; readonly folder: string }
  /** From elsewhere: its tab is shown, too. */
  | { readonly kind: 'comparisonOpened'; readonly folder: string }
  | { readonly kind: 'modelChosen'; readonly model: string }
  | { readonly kind: 'metricChosen'; readonly metric: Metric }
  | { readonly kind: 'tabShown'; readonly tab: string }
  | { readonly kind: 'axesSet'; readonly axes: Partial<Pick<CurvesPage, 'logLoss' | 'logEpochs' | 'logDensity'>> }
  | { readonly kind: 'optionsSet'; readonly options: Partial<CurveOptions> }
  /** The run that others are held against, or none any more. */
  | { readonly kind: 'baselinePinned'; readonly run: string | undefined }
  | { readonly kind: 'planeSet'; readonly plane: Partial<Plane> }
  | { readonly kind: 'rowsTold'; readonly rows: readonly RunRow[] }
  | { readonly kind: 'curveToggled'; readonly label: string; readonly isOn: boolean }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'noticeClosed'; readonly message: string }
  | { readonly kind: 'themeChanged' };

/** Runs that are shown when nobody has chosen any. */
const SHOWN_AT_FIRST = 4;

/** The state before the host has said anything. */
export function firstState(kept: Partial<CurvesPageState>): CurvesPage {
  return {
    methods: [],
    runs: [],
    shown: kept.runs ?? [],
    dismissed: [],
    isChosen: kept.runs !== undefined,
    metrics: new Map(),
    epochSteps: new Map(),
    table: emptyTable(),
    progress: new Map(),
    colors: new Map(Object.entries(kept.colors ?? {})),
    comparisons: [],
    comparison: kept.comparison,
    tab: kept.tab ?? 'runs',
    logLoss: kept.logLoss ?? false,
    logEpochs: kept.logEpochs ?? false,
    logDensity: kept.logDensity ?? true,
    hidden: kept.hidden ?? [],
    options: keptOptions(kept.options),
    plane: keptPlane(kept.plane),
    notices: [],
    theme: 0,
  };
}

/** The runs that are shown, in the order of the list: those that were chosen, and the baseline. */
export function shownRuns(page: Pick<CurvesPage, 'runs' | 'shown' | 'options'>): readonly RunSummary[] {
  const { runs, shown, options } = page;
  return runs.filter(({ run }) => shown.includes(run) || run === options.baseline);
}

/** With the curves of the shown runs made anew, and a color for each. */
function tabled(page: CurvesPage): CurvesPage {
  const drawn = shownRuns(page);
  const read = drawn.flatMap(({ run }) => page.metrics.get(run) ?? []);
  return { ...page, table: tableOf(read, page.epochSteps), colors: colorPlaces(drawn, page.colors) };
}

const including = (items: readonly string[], item: string) => (items.includes(item) ? items : [...items, item]);
const excluding = (items: readonly string[], item: string) => items.filter((one) => one !== item);

function runsListed(page: CurvesPage, runs: readonly RunSummary[]): CurvesPage {
  const metrics = new Map(page.metrics);
  // A run that has grown while it was not listened to is read again.
  for (const { run, finishedEpochs, state } of runs) {
    const known = metrics.get(run);
    if (state !== 'running' && known && known.epochs.length !== finishedEpochs) metrics.delete(run);
  }
  const newest = [...runs].sort((a, b) => (b.started ?? '').localeCompare(a.started ?? '')).slice(0, SHOWN_AT_FIRST);
  const chosen = page.isChosen ? page.shown : newest.map(({ run }) => run);
  const running = runs
    .filter(({ run, state }) => state === 'running' && !page.dismissed.includes(run))
    .map(({ run }) => run);
  const shown = running.reduce(including, chosen);
  const next = { ...page, runs, shown, metrics };
  const names = (of: CurvesPage) => JSON.stringify(shownRuns(of).map(({ run }) => run));
  return metrics.size === page.metrics.size && names(next) === names(page) ? next : tabled(next);
}

/** The metrics of a run with a step or an epoch more. */
function grownMetrics(known: RunMetrics, news: TrainingNews): RunMetrics {
  const { epoch, step, stepLosses = [] } = news;
  if (step !== undefined) {
    return { ...known, steps: [...known.steps, ...stepLosses.map((one) => ({ epoch, ...one }))] };
  }
  if (newsValue(news, 'test', 'loss') === undefined) return known;
  const values = METRIC_KEYS.flatMap(({ split, name }) => {
    const value = newsValue(news, split, name);
    return value === undefined ? [] : [[metricKey(split, name), value] as const];
  });
  const line = { epoch, ...Object.fromEntries(values) } as RunMetrics['epochs'][number];
  const { maskChanges = [] } = known;
  const before = maskChanges.filter((one) => one.epoch !== epoch);
  return {
    ...known,
    epochs: [...known.epochs.filter((one) => one.epoch !== epoch), line],
    ...(news.maskChanges && { maskChanges: [...before, ...news.maskChanges] }),
  };
}

/** Steps and epochs more of running runs. What is not shown, or was never read, is read when it is. */
function grown(page: CurvesPage, news: readonly TrainingNews[]): CurvesPage {
  const drawn = new Set(shownRuns(page).map(({ run }) => run));
  const heard = news.filter(({ run }) => page.metrics.has(run) && drawn.has(run));
  if (heard.length === 0) return page;
  const metrics = new Map(page.metrics);
  const epochSteps = new Map(page.epochSteps);
  let table = copyOf(page.table);
  for (const one of heard) {
    metrics.set(one.run, grownMetrics(metrics.get(one.run)!, one));
    if (one.steps !== undefined && epochSteps.get(one.run) !== one.steps) {
      // Steps that were read from disk were placed by a guess.
      epochSteps.set(one.run, one.steps);
      table = tabled({ ...page, metrics, epochSteps }).table;
    }
    addNews(table, one, epochSteps.get(one.run));
  }
  return { ...page, metrics, epochSteps, table };
}

export const reduce: Reducer<CurvesPage, CurvesEvent> = (page, event) => {
  switch (event.kind) {
    case 'started': {
      const { methods, runs, comparison = page.comparison } = event;
      return { ...page, methods, comparison, ...(runs && { shown: runs, isChosen: true }) };
    }
    case 'runsListed':
      return runsListed(page, event.runs);
    case 'metricsRead': {
      const read = event.metrics.map((one) => [one.run, one] as const);
      return read.length === 0 ? page : tabled({ ...page, metrics: new Map([...page.metrics, ...read]) });
    }
    case 'grown':
      return grown(page, event.news);
    case 'progressTold':
      return { ...page, progress: new Map([...page.progress, [event.run, event.progress]]) };
    case 'runToggled': {
      const { run, isOn } = event;
      const shown = (isOn ? including : excluding)(page.shown, run);
      const dismissed = (isOn ? excluding : including)(page.dismissed, run);
      return tabled({ ...page, isChosen: true, shown, dismissed });
    }
    case 'runsChosen':
      return tabled({ ...page, isChosen: true, shown: event.runs });
    case 'comparisonsTold': {
      const isSame = JSON.stringify(event.comparisons) === JSON.stringify(page.comparisons);
      return isSame ? page : { ...page, comparisons: event.comparisons };
    }
    case 'comparisonChosen':
      return { ...page, comparison: event.folder };
    case 'comparisonOpened':
      return { ...page, comparison: event.folder, tab: 'comparison' };
    case 'modelChosen':
      return { ...page, model: event.model };
    case 'metricChosen':
      return { ...page, metric: event.metric };
    case 'tabShown':
      return { ...page, tab: event.tab };
    case 'axesSet':
      return { ...page, ...event.axes };
    case 'optionsSet':
      return { ...page, options: { ...page.options, ...event.options } };
    case 'baselinePinned': {
      const { baseline: _, ...options } = page.options;
      const { run } = event;
      return tabled({ ...page, options: { ...options, ...(run !== undefined && { baseline: run }) } });
    }
    case 'planeSet':
      return { ...page, plane: { ...page.plane, ...event.plane } };
    case 'rowsTold':
      return { ...page, rows: event.rows };
    case 'curveToggled': {
      const change = event.isOn ? excluding : including;
      return { ...page, hidden: change(page.hidden, event.label) };
    }
    case 'failed':
      return { ...page, notices: withNotice(page.notices, event.message) };
    case 'noticeClosed':
      return { ...page, notices: withoutNotice(page.notices, event.message) };
    case 'themeChanged':
      return { ...page, theme: page.theme + 1 };
  }
};
