/** The picture of one weight tensor: asked for as large as it is drawn, zoomed and moved down to single weights. */

import type { ServerRequests as Requests } from '../../server/protocol/editor';
import { matrixExtents, matrixIndex, type WeightDetail } from '../../server/protocol/results';
import type { Shape } from '../../server/protocol/tensor';
import { element, setText } from '../shared/elements';
import { shapeText } from '../shared/format';
import { latestOnly } from '../shared/latest';
import { readPalette } from '../shared/theme';
import { button } from '../toolkit';
import { type Aspect, type Cells, cellsOf, paint } from './colors';
import { cellText, placeText, weightText } from './readout';
import { listenToTile } from './tileInput';
import type { Tooltip } from './tooltip';
import { cellAt, fitting, isWhole, pan, pictureSize, type Viewport, wholeOf, zoom } from './viewport';

/** What to show: a score at a sparsity, and perhaps another score beside it. */
export interface TileInput {
  readonly scoreId: string;
  readonly title: string;
  readonly other?: { readonly scoreId: string; readonly title: string };
  readonly sparsity: number;
}

export interface TileOptions {
  readonly weight: string;
  readonly shape: Shape;
  readonly tooltip: Tooltip;
  readonly view?: Viewport;
  askTile(params: Requests['prunelens/tile']['params']): Promise<Requests['prunelens/tile']['result']>;
  askWeight(params: Requests['prunelens/weight']['params']): Promise<WeightDetail>;
  /** The part that is shown has changed. */
  onView(view: Viewport): void;
  /** A picture of this input is on the screen. */
  onPainted(input: TileInput): void;
  onFailure(error: unknown): void;
}

export interface TileView {
  readonly root: HTMLElement;
  /** Shows this; asks the host only while the tile is on the screen. */
  show(input: TileInput): void;
  setOnScreen(onScreen: boolean): void;
  /** Draws again after the size or the theme has changed. */
  redraw(): void;
  /** Pictures for a file, asked for where they were not on the screen. */
  pictures(): Promise<readonly { readonly canvas: HTMLCanvasElement; readonly title: string }[]>;
}

interface Painted {
  readonly input: TileInput;
  readonly view: Viewport;
  readonly cells: Cells;
}

interface Panel {
  readonly aspect: Aspect;
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly caption: HTMLElement;
}

const ZOOM = 1.6;
const WIDEST = 420;
/** Left free beside the pictures, in pixels, for the buttons. */
const BAR_ROOM = 100;
/** Device pixels from which single weights get lines between them. */
const LINED_CELL = 9;

export function createTile(options: TileOptions): TileView {
  const { weight, shape, tooltip } = options;
  const extents = matrixExtents(shape);
  let view = fitting(options.view, extents);
  let input: TileInput | undefined;
  let isOnScreen = false;
  let carried = { rows: 0, columns: 0 };
  let painted: Painted | undefined;
  let wanted: Painted['cells'] | undefined;
  let marked: { readonly x: number; readonly y: number } | undefined;
  const panels: Panel[] = (['density', 'first', 'second', 'overlap'] as const).map((aspect) => {
    const canvas = element('canvas', {
      tabindex: aspect === 'density' || aspect === 'overlap' ? '0' : '-1',
      role: 'application',
      'aria-roledescription': 'density map',
    }) as HTMLCanvasElement;
    const caption = element('div', { class: 'tile-caption' });
    return { aspect, canvas, caption, root: element('div', { class: 'tile-panel' }, canvas, caption) };
  });
  const status = element('span', { class: 'tile-view' });
  const icon = (label: string, title: string, onClick: () => void) =>
    button({ label, title: `${title} ${weight}`, appearance: 'icon', onClick });
  const bar = element(
    'div',
    { class: 'tile-bar' },
    icon('+', 'Zoom into', () => setView(zoom(view, extents, ZOOM))),
    icon('−', 'Zoom out of', () => setView(zoom(view, extents, 1 / ZOOM))),
    icon('⤢', 'Show all of', () => setView(wholeOf(extents))),
    status,
  );
  const pictures = element('div', { class: 'tile-panels' }, ...panels.map(({ root }) => root));
  const root = element('div', { class: 'tile' }, pictures, bar);
  const shownPanels = () => panels.filter(({ aspect }) => (aspect === 'density') !== (input?.other !== undefined));

  function layout(): { readonly height: number; readonly width: number } {
    const shown = shownPanels();
    const room = Math.max(96, Math.floor(((root.clientWidth || WIDEST) - BAR_ROOM) / shown.length) - 10);
    const size = pictureSize(extents, Math.min(WIDEST, room));
    for (const panel of panels) panel.root.hidden = !shown.includes(panel);
    for (const { canvas } of shown) {
      const [width, height] = [size.width, size.height].map((length) => Math.round(length * devicePixelRatio));
      if (canvas.width === width && canvas.height === height) continue;
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${size.width}px`;
      canvas.style.height = `${size.height}px`;
    }
    return { width: shown[0].canvas.width, height: shown[0].canvas.height };
  }

  async function fetchAndPaint(asked: TileInput): Promise<void> {
    const size = layout();
    const asking = view;
    const tile = await options.askTile({
      scoreId: asked.scoreId,
      ...(asked.other && { otherScoreId: asked.other.scoreId }),
      weight,
      sparsity: asked.sparsity,
      row: asking.row,
      column: asking.column,
      rows: asking.rows,
      columns: asking.columns,
      height: Math.min(asking.rows, size.height),
      width: Math.min(asking.columns, size.width),
    });
    // A comparison may have begun or ended meanwhile: then the newer request paints.
    if ((asked.other === undefined) !== (input?.other === undefined)) return;
    painted = { input: asked, view: asking, cells: cellsOf(tile) };
    draw();
    options.onPainted(asked);
  }

  const request = latestOnly(fetchAndPaint, options.onFailure);

  function draw(): void {
    if (!painted) return;
    layout();
    const { cells, view: shown, input: source } = painted;
    const palette = readPalette();
    const buffer = new OffscreenCanvas(cells.width, cells.height);
    const titles = { density: '', first: source.title, second: source.other?.title ?? '', overlap: 'Overlap' };
    for (const { aspect, canvas, caption } of shownPanels()) {
      buffer.getContext('2d')!.putImageData(paint(cells, aspect, palette), 0, 0);
      const context = canvas.getContext('2d')!;
      context.imageSmoothingEnabled = false;
      context.drawImage(buffer, 0, 0, canvas.width, canvas.height);
      drawLines(context, canvas, cells, palette.background);
      if (marked) drawMark(context, canvas, cells, palette.foreground);
      setText(caption, titles[aspect]);
      canvas.setAttribute('aria-label', labelOf(source, titles[aspect]));
    }
    const whole = isWhole(shown, extents);
    setText(status, whole ? '' : `${shown.rows} × ${shown.columns} of ${extents.rows} × ${extents.columns}`);
  }

  function labelOf({ title, other }: TileInput, aspect: string): string {
    const what = other ? `${aspect} of ${title} and ${other.title}` : title;
    const keys = 'Plus and minus zoom, arrows move, Shift and arrows read out weights, Home shows all.';
    return `Kept weights of ${weight}, ${shapeText(shape)}, ${what}. ${keys}`;
  }

  function drawLines(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, cells: Cells, color: string): void {
    const [x, y] = [canvas.width / cells.width, canvas.height / cells.height];
    context.fillStyle = color;
    if (x >= LINED_CELL)
      for (let at = 1; at < cells.width; at++) context.fillRect(Math.round(at * x), 0, 1, canvas.height);
    if (y >= LINED_CELL)
      for (let at = 1; at < cells.height; at++) context.fillRect(0, Math.round(at * y), canvas.width, 1);
  }

  function drawMark(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, cells: Cells, color: string): void {
    const [x, y] = [canvas.width / cells.width, canvas.height / cells.height];
    context.strokeStyle = color;
    context.lineWidth = 2;
    const at = placeIn(cells, marked!.x, marked!.y);
    context.strokeRect(at.x * x + 1, at.y * y + 1, Math.max(1, x - 2), Math.max(1, y - 2));
  }

  const placeIn = ({ width, height }: Cells, x: number, y: number) => ({
    x: Math.min(width - 1, Math.max(0, Math.floor(x * width))),
    y: Math.min(height - 1, Math.max(0, Math.floor(y * height))),
  });

  function setView(next: Viewport): void {
    view = next;
    marked = undefined;
    tooltip.hide();
    options.onView(next);
    if (input) request(input);
  }

  /** Moves by parts of what is shown. Less than a row or column is carried over, so that slow drags move too. */
  function moveBy(x: number, y: number): void {
    const wantedRows = carried.rows + y * view.rows;
    const wantedColumns = carried.columns + x * view.columns;
    const [rows, columns] = [Math.round(wantedRows), Math.round(wantedColumns)];
    carried = { rows: wantedRows - rows, columns: wantedColumns - columns };
    const next = pan(view, extents, rows, columns);
    if (next.row !== view.row || next.column !== view.column) setView(next);
  }

  interface Reading {
    readonly lines: readonly string[];
    readonly cell: Viewport;
    say(lines: readonly string[]): void;
  }
  const readWeight = latestOnly<Reading>(async ({ lines, cell, say }) => {
    if (!painted) return;
    const { scoreId, sparsity } = painted.input;
    const { index } = matrixIndex(shape, cell.row, cell.column);
    const detail = await options.askWeight({ scoreId, weight, index, sparsity });
    if (wanted === painted?.cells) say([...lines, weightText(detail)]);
  }, options.onFailure);

  /** Tells what lies at a place of the picture (0 … 1), and of a single weight its numbers. */
  function read(x: number, y: number, say: (lines: readonly string[]) => void): void {
    if (!painted) return;
    const { cells, view: shown } = painted;
    const cell = cellAt(shown, cells.height, cells.width, y, x);
    const at = placeIn(cells, x, y);
    const place = placeText(shape, cell);
    const isSingle = cell.rows * cell.columns === 1;
    const { title, other } = painted.input;
    const held = cellText(cell, cells, at.y * cells.width + at.x, [title, other?.title ?? '']);
    say([place, held, ...(isSingle ? [] : ['zoom in for single weights'])]);
    wanted = isSingle ? cells : undefined;
    // Numbers are those of the first method; what both keep stays beside them.
    const lines = other ? [place, held, title] : [place];
    if (isSingle) readWeight({ lines, cell, say: (all) => wanted && say(all) });
  }

  for (const { canvas } of panels) {
    listenToTile(canvas, {
      zoomAt: (factor, x, y) => setView(zoom(view, extents, factor, x, y)),
      moveBy,
      showAll: () => setView(wholeOf(extents)),
      point(x, y, clientX, clientY) {
        read(x, y, (lines) => tooltip.show(clientX, clientY, lines));
      },
      leave() {
        wanted = undefined;
        tooltip.hide();
      },
      step(right, down) {
        if (!painted) return;
        const { width, height } = painted.cells;
        const from = marked ?? { x: 0.5, y: 0.5 };
        const place = placeIn(painted.cells, from.x + right / width, from.y + down / height);
        marked = { x: (place.x + 0.5) / width, y: (place.y + 0.5) / height };
        draw();
        const box = canvas.getBoundingClientRect();
        read(marked.x, marked.y, (lines) => {
          tooltip.show(box.left + marked!.x * box.width, box.top + marked!.y * box.height, lines);
          tooltip.say(lines.join(', '));
        });
      },
      clear() {
        marked = undefined;
        wanted = undefined;
        tooltip.hide();
        draw();
      },
    });
  }

  const isCurrent = () => painted !== undefined && painted.input === input && painted.view === view;
  return {
    root,
    show(next) {
      input = next;
      if (isOnScreen) request(next);
    },
    setOnScreen(onScreen) {
      isOnScreen = onScreen;
      if (onScreen && input && !isCurrent()) request(input);
    },
    redraw() {
      draw();
      if (isOnScreen && input) request(input);
    },
    async pictures() {
      if (input && !isCurrent()) await fetchAndPaint(input);
      return shownPanels().map(({ canvas, caption }) => ({ canvas, title: caption.textContent ?? '' }));
    },
  };
}
