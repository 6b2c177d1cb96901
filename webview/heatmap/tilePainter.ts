/** Asks for a tile and draws it on its canvases: the newest wish first, those between left out. */
import type { ServerRequests as Requests } from '../../server/protocol/editor';
import { latestOnly } from '../shared/latest';
import { readPalette } from '../shared/theme';
import { type Aspect, type Cells, cellsOf } from './colors';
import { aspectsOf, drawCells, type Place, sizeCanvases } from './tileDrawing';
import type { TileInput } from './tileInput';
import type { Extents, PictureSize, Viewport } from './viewport';

/** What a tile is to show. */
export interface Wish {
  readonly input: TileInput;
  readonly view: Viewport;
}

/** What a tile shows. */
export interface Painted extends Wish {
  readonly cells: Cells;
}

export interface TilePainterOptions {
  readonly weight: string;
  readonly extents: Extents;
  /** What the canvases lie in, and how large they may become there. */
  readonly place: HTMLElement;
  most(): PictureSize;
  readonly canvases: { readonly [one in Aspect]: HTMLCanvasElement };
  askTile(params: Requests['prunelens/tile']['params']): Promise<Requests['prunelens/tile']['result']>;
  /** A picture is on the screen. */
  onPainted(painted: Painted): void;
  onFailure(error: unknown): void;
}

export interface TilePainter {
  /** Shows this; asks for it where `isOnScreen` and it is not painted already. */
  show(wish: Wish, isOnScreen: boolean): void;
  painted(): Painted | undefined;
  /** The cell that is framed. */
  marked(): Place | undefined;
  mark(place: Place | undefined): void;
  /** Draws again, and asks again where `isOnScreen`, after the size or the theme has changed. */
  redraw(isOnScreen: boolean): void;
  /** The canvases that are shown, asked for where they were not on the screen. */
  pictures(): Promise<readonly HTMLCanvasElement[]>;
}

const isComparison = ({ input }: Wish) => input.other !== undefined;

export function createTilePainter(options: TilePainterOptions): TilePainter {
  const { weight, extents, place, canvases, most } = options;
  let wish: Wish | undefined;
  let painted: Painted | undefined;
  let marked: Place | undefined;
  const shown = () => aspectsOf(wish !== undefined && isComparison(wish));

  function layout(): { readonly height: number; readonly width: number } {
    const sized = shown().map((aspect) => canvases[aspect]);
    sizeCanvases(sized, extents, place.clientWidth, most());
    return sized[0];
  }

  async function fetchAndPaint(asked: Wish): Promise<void> {
    const size = layout();
    const { input, view } = asked;
    const { title: _, ...other } = input.other ?? { title: '' };
    const tile = await options.askTile({
      scoreId: input.scoreId,
      ...other,
      weight,
      sparsity: input.sparsity,
      ...view,
      height: Math.min(view.rows, size.height),
      width: Math.min(view.columns, size.width),
    });
    // A comparison may have begun or ended meanwhile: then the newer request paints.
    if (!wish || isComparison(asked) !== isComparison(wish)) return;
    painted = { ...asked, cells: cellsOf(tile) };
    draw();
    options.onPainted(painted);
  }
  const request = latestOnly(fetchAndPaint, options.onFailure);

  function draw(): void {
    if (!painted || !wish || isComparison(painted) !== isComparison(wish)) return;
    layout();
    const palette = readPalette();
    for (const aspect of shown()) drawCells(canvases[aspect], painted.cells, aspect, palette, marked);
  }

  const isCurrent = () => painted !== undefined && painted.input === wish?.input && painted.view === wish.view;
  return {
    show(next, isOnScreen) {
      if (next.view !== wish?.view) marked = undefined;
      wish = next;
      if (isOnScreen && !isCurrent()) request(next);
    },
    painted: () => painted,
    marked: () => marked,
    mark(at) {
      marked = at;
      draw();
    },
    redraw(isOnScreen) {
      draw();
      if (isOnScreen && wish) request(wish);
    },
    async pictures() {
      if (wish && !isCurrent()) await fetchAndPaint(wish);
      return shown().map((aspect) => canvases[aspect]);
    },
  };
}
