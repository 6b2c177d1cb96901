/** The heatmap's page: its state, what it asks of the host, and its view, put together. */
import type { Chart } from '../shared/chart/chart';
import { exactPercent } from '../shared/format';
import { afterPause } from '../shared/latest';
import { type ExportFormat, saveAs } from '../shared/pictures';
import { createStore } from '../shared/store';
import { onThemeChange } from '../shared/theme';
import { renderState } from '../shared/view';
import { comparedWith } from './compared';
import { type Controller, createController, type HeatmapHost } from './controller';
import { type ExportHead, heatmapCsv, heatmapPicture, type PictureRow } from './exports';
import { type HeatmapActions, HeatmapView } from './HeatmapView';
import { shownLabel } from './headerTexts';
import { rowsOf, tileInput } from './selectors';
import { firstState, type HeatmapEvent, type HeatmapPage, reduce, shownScore } from './state';
import { captionOf, type TileHost } from './Tile';
import { aspectsOf } from './tileDrawing';
import { createTooltip } from './tooltip';

interface Drawn {
  histogram?: Chart;
  gradients?: Chart;
}

/** The rows with their tiles, asked for where they were not on the screen. */
async function pictureRows(page: HeatmapPage, { painters }: TileHost): Promise<PictureRow[]> {
  const input = tileInput(page)!;
  const aspects = aspectsOf(input.other !== undefined);
  const made: PictureRow[] = [];
  for (const row of rowsOf(page)) {
    const canvases = (await painters.get(row.weight)?.pictures()) ?? [];
    made.push({ row, tiles: canvases.map((canvas, at) => ({ canvas, title: captionOf(aspects[at], input) })) });
  }
  return made;
}

async function exportAs(host: HeatmapHost, format: ExportFormat, page: HeatmapPage, tiles: TileHost, drawn: Drawn) {
  const score = shownScore(page)!;
  const label = shownLabel(page);
  const head: ExportHead = {
    title: label,
    method: score.title,
    compared: comparedWith(page)?.title,
  };
  const rows = format === 'csv' ? [] : await pictureRows(page, tiles);
  const charts = [drawn.histogram?.svg(), drawn.gradients?.svg()];
  await saveAs(host, format, {
    name: `${label.replace(/ · |[/.]/g, '-')}-${score.method}`,
    csv: () => heatmapCsv(head, rowsOf(page)),
    picture: () => heatmapPicture(head, `Sparsity ${exactPercent(page.sparsity)}`, rows, charts),
  });
}

function createActions(
  host: HeatmapHost,
  { state, dispatch }: { state(): HeatmapPage; dispatch(event: HeatmapEvent): void },
  controller: Controller,
): HeatmapActions {
  const drawn: Drawn = {};
  const tiles: TileHost = {
    tooltip: createTooltip(),
    painters: new Map(),
    askTile: (params) => host.request('prunelens/tile', params),
    askWeight: (params) => host.request('prunelens/weight', params),
    viewOf: (weight) => state().viewports[weight],
    onView: (weight, view) => dispatch({ kind: 'viewMoved', weight, view }),
    onPainted: controller.repaint.painted,
    onFailure: controller.fail,
  };
  return {
    tiles,
    repaint: controller.repaint,
    onModel: (model) => controller.attempt(controller.load(model)),
    onMethod: controller.chooseMethod,
    onCompare: controller.compareWith,
    onCompareEpoch: (epoch) => dispatch({ kind: 'compareEpochChosen', epoch }),
    onList: (list) => dispatch({ kind: 'listSet', list }),
    onOpen: (weight) => dispatch({ kind: 'opened', weight }),
    onScore: controller.score,
    onInput: controller.moveTo,
    onRelease: controller.release,
    onHold: controller.hold,
    onExport: (format) => controller.attempt(exportAs(host, format, state(), tiles, drawn)),
    onExportMasks: controller.exportMasks,
    onTab: (tab) => dispatch({ kind: 'tabShown', tab }),
    onReveal: controller.reveal,
    onHistogramWeight: (weight) => dispatch({ kind: 'histogramWeightChosen', weight }),
    onLogCounts: (log) => dispatch({ kind: 'logCountsSet', log }),
    onHistogramChart(chart) {
      drawn.histogram = chart;
    },
    onGradientsChart(chart) {
      drawn.gradients = chart;
    },
    onCloseNotice: (message) => dispatch({ kind: 'noticeClosed', message }),
  };
}

/** Keeps the place that was scrolled to; what it gives goes back to the one of before a reload, until the user scrolls. */
function keepScroll(host: HeatmapHost, onScroll: () => void): () => void {
  let scroll = host.kept().scroll ?? 0;
  const keep = afterPause(200, (at: number) => host.keep({ scroll: at }));
  window.addEventListener('scroll', () => {
    scroll = 0;
    keep(window.scrollY);
    onScroll();
  });
  return () => {
    if (scroll > 0) requestAnimationFrame(() => window.scrollTo(0, scroll));
  };
}

/** Builds the page in `body` and follows the host until the page goes. */
export async function startHeatmap(host: HeatmapHost, body: HTMLElement): Promise<void> {
  const kept = host.kept();
  const store = createStore(reduce, firstState(kept));
  const controller = createController(host, store);
  const actions = createActions(host, store, controller);
  renderState(store, body, (page) => <HeatmapView page={page} actions={actions} />);
  onThemeChange(() => store.dispatch({ kind: 'themeChanged' }));
  const scrollBack = keepScroll(host, () => actions.tiles.tooltip.hide());

  const { methods, model: asked } = await host.action('ready', {});
  const models = await host.request('prunelens/models', {});
  controller.attempt(host.request('prunelens/runs', {}).then((runs) => store.dispatch({ kind: 'runsTold', runs })));
  store.dispatch({ kind: 'started', methods, models });
  const first = asked ?? kept.model;
  if (first === undefined) return store.dispatch({ kind: 'choiceWanted' });
  await controller.load(first);
  scrollBack();
  await controller.restore(kept);
}
