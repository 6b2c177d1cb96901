/** The heatmap: what the host tells, what is chosen, and how both come to the screen. */
import type { HeatmapState, ModelEntry } from '../../server/protocol/editor';
import type { Overlap, ScoreSummary, Selection } from '../../server/protocol/results';
import type { PageContext, PageState } from '../../server/protocol/webview';
import { element } from '../shared/elements';
import { baseName, percent } from '../shared/format';
import { type Host, isCancelled, messageOf } from '../shared/host';
import { afterPause, latestOnly, oncePerFrame } from '../shared/latest';
import { createNotices } from '../shared/notices';
import { type ExportFormat, saveAs } from '../shared/pictures';
import { onThemeChange } from '../shared/theme';
import { grid, panels } from '../toolkit';
import { rampOf } from './colors';
import { chooseMethod, chooseModel, failed, loading } from './emptyState';
import { type ExportHead, heatmapCsv, heatmapPicture } from './exports';
import { createGradientNorms } from './gradientNormsView';
import { createHeader, modelLabel } from './header';
import { ALL_WEIGHTS, createHistogram } from './histogramView';
import { createLayerList } from './layerList';
import { OVERLAP_COLUMN, type RowNumbers, rowNumbers, TABLE_COLUMNS, tableRow } from './rowNumbers';
import type { TileInput } from './tileView';
import { createTooltip } from './tooltip';
import type { Viewport } from './viewport';

/** What is kept over a reload. The sparsity and the shown method are the server's, kept for one that knows no score yet. */
export interface HeatmapPageState extends PageState {
  readonly method: string;
  readonly sparsity: number;
  readonly compare: string;
  readonly tab: string;
  readonly histogramWeight: string;
  readonly logCounts: boolean;
  readonly viewports: { readonly [weight: string]: Viewport };
  readonly scroll: number;
}

/** A selection with paths, of the shown method or another one. */
interface Asked {
  readonly sparsity: number;
  readonly method?: string;
}

const HISTOGRAM_BINS = 96;
/** Milliseconds after which a slider that was moved counts as at rest. */
const SETTLED = 600;
/** Name of the measure from a move of the slider to the repaint of all tiles on the screen, for `performance`. */
export const REPAINT = 'prunelens:repaint';

/** Builds the page in `body` and follows the host until the page goes. */
export async function startHeatmap(host: Host<HeatmapPageState>, body: HTMLElement): Promise<void> {
  const kept = host.kept();
  let context: PageContext = { methods: [], theme: 'light' };
  let models: readonly ModelEntry[] = [];
  let model: string | undefined;
  let state: HeatmapState | undefined;
  let selection: Selection | undefined;
  let overlap: Overlap | undefined;
  let sparsity = 0.9;
  let compare = kept.compare ?? '';
  let tab = kept.tab ?? 'layers';
  let histogramWeight = kept.histogramWeight ?? ALL_WEIGHTS;
  let viewports = kept.viewports ?? {};
  /** When the slider was moved last, and when it was moved to what is not yet painted. */
  let touched = Number.NEGATIVE_INFINITY;
  let moved = 0;
  let scroll = kept.scroll ?? 0;

  const notices = createNotices();
  const tooltip = createTooltip();
  const fail = (error: unknown) => {
    if (!isCancelled(error)) notices.show(messageOf(error));
  };
  const attempt = (work: Promise<unknown>) => void work.catch(fail);

  const shownScore = (): ScoreSummary | undefined => state?.scores.find(({ method }) => method === state?.shown);
  const comparedScore = (): ScoreSummary | undefined =>
    state?.scores.find(({ method }) => method === compare && method !== state?.shown);

  const header = createHeader({
    onModel: (next) => attempt(load(next)),
    onMethod: (method) => void (method && chooseShown(method)),
    onCompare(method) {
      compare = method;
      host.keep({ compare });
      overlap = undefined;
      showAll();
      askOverlap(sparsity);
    },
    onScore: (method) => attempt(host.action('score', { model: model!, method })),
    onInput: oncePerFrame((next) => moveTo(next)),
    onRelease: afterPause(120, (next) => settle(next)),
    onExport: (format) => attempt(exportAs(format)),
    onExportMasks: () => attempt(host.action('exportMasks', { model: model!, method: state!.shown, sparsity })),
  });
  const list = createLayerList({
    tooltip,
    askTile: (params) => host.request('prunelens/tile', params),
    askWeight: (params) => host.request('prunelens/weight', params),
    viewportOf: (weight) => viewports[weight],
    onView(weight, view) {
      viewports = { ...viewports, [weight]: view };
      host.keep({ viewports });
    },
    onReveal(layer) {
      const source = state?.summary.layers.find(({ name }) => name === layer)?.source[0];
      if (source) attempt(host.action('reveal', { file: source.file, line: source.line, column: source.column }));
    },
    onAllPainted() {
      if (moved === 0) return;
      performance.clearMeasures(REPAINT);
      performance.measure(REPAINT, { start: moved });
      moved = 0;
    },
    onFailure: fail,
  });
  const histogram = createHistogram({
    logCounts: kept.logCounts ?? true,
    onWeight(weight) {
      histogramWeight = weight;
      host.keep({ histogramWeight });
      askHistogram();
    },
    onLogCounts: (logCounts) => host.keep({ logCounts }),
  });
  const gradients = createGradientNorms();
  const table = grid('Layers');
  const legend = element('div', { class: 'ramp-legend' });
  const views = panels(
    'Views',
    [
      { id: 'layers', title: 'Layers', content: element('div', { class: 'view' }, legend, list.root) },
      { id: 'histogram', title: 'Scores', content: element('div', { class: 'view' }, histogram.root) },
      { id: 'gradients', title: 'Gradients', content: element('div', { class: 'view' }, gradients.root) },
      { id: 'table', title: 'Table', content: element('div', { class: 'view' }, table.root) },
    ],
    tab,
    (next) => {
      tab = next;
      host.keep({ tab });
      showTable();
    },
  );
  const main = element('main', {}, loading());
  body.replaceChildren(header.root, notices.root, main, tooltip.root);

  const quickSelect = latestOnly(async (asked: number) => {
    if (!model) return;
    const answer = await host.request('prunelens/select', { model, sparsity: asked, paths: false });
    showSelection(answer);
  }, fail);
  async function selectAtRest(asked: Asked): Promise<void> {
    if (!model) return;
    const answer = await host.request('prunelens/select', { model, ...asked, paths: true });
    if (answer.sparsity === sparsity && answer.scoreId === shownScore()?.scoreId) showSelection(answer);
  }
  const selectOneByOne = latestOnly(selectAtRest, fail);
  /** A scoring is not waited for: the server gives it up when the next one is asked for. */
  function thoroughSelect(asked: Asked): void {
    const score = state?.scores.find(({ method }) => method === (asked.method ?? state?.shown));
    if (score?.aim === undefined || score.aim === asked.sparsity) selectOneByOne(asked);
    else attempt(selectAtRest(asked));
  }
  const askOverlap = latestOnly(async (asked: number) => {
    const [score, other] = [shownScore(), comparedScore()];
    if (!score || !other) return;
    const scores = { scoreId: score.scoreId, otherScoreId: other.scoreId };
    const answer = await host.request('prunelens/overlap', { ...scores, sparsity: asked });
    if (other !== comparedScore()) return;
    overlap = answer;
    showNumbers();
  }, fail);

  /** The slider is somewhere else: numbers and tiles follow, paths wait until it rests. */
  function moveTo(next: number): void {
    sparsity = next;
    touched = performance.now();
    moved = touched;
    header.setAim(shownScore(), sparsity);
    quickSelect(next);
    showTiles();
    askOverlap(next);
  }

  function settle(next: number): void {
    sparsity = next;
    host.keep({ sparsity });
    thoroughSelect({ sparsity: next });
  }

  function chooseShown(method: string): void {
    const isScored = state?.scores.some((score) => score.method === method);
    if (!isScored) {
      attempt(host.action('score', { model: model!, method }).finally(showHeader));
      return;
    }
    state = { ...state!, shown: method };
    overlap = undefined;
    showHeader();
    showTiles();
    askHistogram();
    askOverlap(sparsity);
    thoroughSelect({ sparsity, method });
  }

  function askHistogram(): void {
    const score = shownScore();
    if (!score) return;
    const isThere = score.weights.some(({ name }) => name === histogramWeight);
    histogram.setWeights(
      score.weights.map(({ name }) => name),
      isThere ? histogramWeight : ALL_WEIGHTS,
    );
    const weight = isThere ? { weight: histogramWeight } : {};
    const params = { scoreId: score.scoreId, ...weight, bins: HISTOGRAM_BINS };
    attempt(host.request('prunelens/histogram', params).then((answer) => histogram.setHistogram(answer)));
  }

  const rows = (): RowNumbers[] => {
    const score = shownScore();
    return state && score && selection ? rowNumbers(state.summary, score, selection, overlap) : [];
  };

  function showSelection(answer: Selection): void {
    selection = answer;
    showNumbers();
  }

  function showNumbers(): void {
    header.setSelection(selection, comparedScore() && overlap);
    header.setAim(shownScore(), sparsity);
    if (state) list.update(state.summary, rows());
    histogram.setThreshold(selection?.threshold);
    showTable();
  }

  function showTable(): void {
    if (tab !== 'table') return;
    table.setRows(comparedScore() ? [...TABLE_COLUMNS, OVERLAP_COLUMN] : TABLE_COLUMNS, rows().map(tableRow));
  }

  function showTiles(): void {
    const [score, other] = [shownScore(), comparedScore()];
    if (!score) return;
    const input: TileInput = { scoreId: score.scoreId, title: score.title, sparsity, ...(other && { other }) };
    list.showTiles(input);
  }

  function showHeader(): void {
    if (!state || !model) return;
    const [shown, compared] = [shownScore(), comparedScore()];
    const { scores, stale } = state;
    header.update({ models, model, methods: context.methods, scores, shown, compared, stale });
    gradients.setScore(shown);
    legend.replaceChildren(...legendOf(shown?.title ?? '', compared?.title));
  }

  function showAll(): void {
    showHeader();
    showTiles();
    showNumbers();
  }

  async function load(next: string): Promise<void> {
    const isOther = next !== model;
    model = next;
    host.keep({ model });
    if (isOther) main.replaceChildren(loading());
    let answer: HeatmapState;
    try {
      answer = await host.request('prunelens/heatmap', { model: next });
    } catch (error) {
      if (next === model && !isCancelled(error))
        main.replaceChildren(failed(messageOf(error), () => attempt(load(next))));
      return;
    }
    if (next !== model) return;
    const isOtherScore = answer.scores.find(({ method }) => method === answer.shown)?.scoreId !== shownScore()?.scoreId;
    const isOtherSparsity = answer.sparsity !== sparsity;
    state = answer;
    if (!shownScore()) {
      selection = undefined;
      showHeader();
      header.setSelection(undefined, undefined);
      return main.replaceChildren(
        chooseMethod(context.methods, (method) => attempt(host.action('score', { model: next, method }))),
      );
    }
    host.keep({ method: state.shown, sparsity: answer.sparsity });
    showHeader();
    if (views.parentElement !== main) main.replaceChildren(views);
    if (!isOther && !isOtherScore && !isOtherSparsity) return showNumbers();
    sparsity = answer.sparsity;
    selection = answer.selection;
    header.setSparsity(sparsity);
    showAll();
    if (isOther || isOtherScore) askHistogram();
    if (!selection?.layers.some(({ connected }) => connected !== undefined)) thoroughSelect({ sparsity });
    askOverlap(sparsity);
    if (scroll > 0) requestAnimationFrame(() => window.scrollTo(0, scroll));
  }

  /** Scores again what was shown before a reload: scores live in memory, and the seed makes them the same. */
  async function restore(): Promise<void> {
    const { method, sparsity: last } = kept;
    if (!state || shownScore() || method === undefined || kept.model !== model) return;
    main.replaceChildren(loading());
    try {
      await host.action('score', { model: kept.model!, method });
    } catch (error) {
      fail(error);
    }
    await load(kept.model!);
    if (last === undefined || !shownScore()) return;
    header.setSparsity(last);
    moveTo(last);
    settle(last);
  }

  async function exportAs(format: ExportFormat): Promise<void> {
    const score = shownScore()!;
    const head: ExportHead = { title: modelLabel(model!), method: score.title, compared: comparedScore()?.title };
    const pictureRows = format === 'csv' ? [] : await list.pictures();
    await saveAs(host, format, {
      name: `${baseName(model!).replace(/[#.]/g, '-')}-${score.method}`,
      csv: () => heatmapCsv(head, rows()),
      picture: () =>
        heatmapPicture(head, `Sparsity ${percent(sparsity)}`, pictureRows, [histogram.svg(), gradients.svg()]),
    });
  }

  const reload = afterPause(100, (changed: string) => {
    // While the slider moves, the server's answer would be older than what is shown.
    if (header.isSliderHeld() || performance.now() - touched < SETTLED) reload(changed);
    else attempt(load(changed));
  });
  host.onEvent((event) => {
    if (event.event === 'modelChanged' && event.model === model) reload(event.model);
    if (event.event === 'selectModel') attempt(load(event.model));
    if (event.event === 'status') {
      const job = event.status.jobs.find(({ state: jobState }) => jobState === 'running');
      const message = job && [job.title, job.progress?.message].filter(Boolean).join(': ');
      header.setWork(message ?? event.status.problem);
    }
  });
  onThemeChange(() => {
    list.redraw();
    histogram.redraw();
    gradients.redraw();
    showHeader();
  });
  const keepScroll = afterPause(200, (at: number) => host.keep({ scroll: at }));
  window.addEventListener('scroll', () => {
    scroll = 0;
    keepScroll(window.scrollY);
    tooltip.hide();
  });

  context = await host.action('ready', {});
  models = await host.request('prunelens/models', {});
  const first = context.model ?? kept.model;
  if (first === undefined) main.replaceChildren(chooseModel(models, (chosen) => attempt(load(chosen))));
  else {
    await load(first);
    await restore();
  }
}

/** What the colors mean. */
function legendOf(shown: string, compared: string | undefined): HTMLElement[] {
  const key = (kind: string, text: string) =>
    element(
      'span',
      { class: 'legend-key' },
      element('span', { class: `swatch swatch-${kind}`, 'aria-hidden': 'true' }),
      text,
    );
  if (compared !== undefined) {
    return [key('both', 'Kept by both'), key('first', `Only ${shown}`), key('second', `Only ${compared}`)];
  }
  const marks = [0, 0.01, 0.1, 1].map((density) => {
    const mark = element('span', { class: 'ramp-mark' }, percent(density));
    mark.style.setProperty('--at', String(rampOf(density)));
    return mark;
  });
  return [element('span', {}, 'Weights kept'), element('span', { class: 'ramp' }, ...marks)];
}
