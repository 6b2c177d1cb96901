/** The picture of one weight tensor: asked for as large as it is drawn, zoomed and moved down to single weights. */
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { matrixExtents } from '../../server/protocol/results';
import type { Shape } from '../../server/protocol/tensor';
import { shapeText } from '../shared/format';
import { Button } from '../shared/toolkit';
import type { Aspect } from './colors';
import { tileActions } from './tileActions';
import { aspectsOf } from './tileDrawing';
import { listenToTile, type TileInput } from './tileInput';
import { createTilePainter, type TilePainter, type TilePainterOptions } from './tilePainter';
import { createTileReader, type TileReaderOptions } from './tileReader';
import type { Tooltip } from './tooltip';
import { fitting, IN_ROW, isWhole, type PictureSize, type Viewport, wholeOf, zoom } from './viewport';

/** What all tiles have in common. */
export interface TileHost
  extends Pick<TilePainterOptions, 'askTile' | 'onFailure'>,
    Pick<TileReaderOptions, 'askWeight'> {
  readonly tooltip: Tooltip;
  /** The part of a tensor that is shown, as it is now; nothing for the whole. */
  viewOf(weight: string): Viewport | undefined;
  onView(weight: string, view: Viewport): void;
  onPainted(weight: string, input: TileInput): void;
  /** Painters of the tiles that there are. */
  readonly painters: Map<string, TilePainter>;
}

export interface TileProperties {
  readonly host: TileHost;
  readonly weight: string;
  readonly shape: Shape;
  readonly view: Viewport | undefined;
  readonly input: TileInput | undefined;
  readonly isOnScreen: boolean;
  /** It has the whole panel, and not a row of the list. */
  readonly isAlone?: true;
  /** Gives it the whole panel, or the list its place back. */
  onOpen(): void;
  /** Changes where everything is to be drawn again. */
  readonly theme: number;
}

const ZOOM = 1.6;
/** Left free around a picture that has the panel, in CSS pixels: the header and what is said of it. */
const AROUND = { width: 60, height: 330 };
const LEAST = 260;

/** How large a picture may become that has the whole panel. */
function roomAlone(): PictureSize {
  return {
    width: Math.max(LEAST, window.innerWidth - AROUND.width),
    height: Math.max(LEAST, window.innerHeight - AROUND.height),
  };
}

const ASPECTS: readonly Aspect[] = ['density', 'first', 'second', 'overlap'];

/** What stands below a picture; nothing where there is one only. */
export function captionOf(aspect: Aspect, { title, other }: TileInput): string {
  return { density: '', first: title, second: other?.title ?? '', overlap: 'Overlap' }[aspect];
}

function labelOf(aspect: Aspect, input: TileInput, weight: string, shape: Shape): string {
  const { title, other } = input;
  const what = other ? `${captionOf(aspect, input)} of ${title} and ${other.title}` : title;
  const keys = 'Plus and minus zoom, arrows move, Shift and arrows read out weights, Home shows all.';
  return `Kept weights of ${weight}, ${shapeText(shape)}, ${what}. ${keys}`;
}

export function Tile(properties: TileProperties): VNode {
  const { host, weight, shape, view: kept, input, isOnScreen, isAlone, theme, onOpen } = properties;
  const extents = useMemo(() => matrixExtents(shape), [shape.join()]);
  const view = useMemo(() => fitting(kept, extents), [kept, extents]);
  const root = useRef<HTMLDivElement>(null);
  const canvases = useRef<{ [one in Aspect]?: HTMLCanvasElement }>({});
  const painter = useRef<TilePainter | undefined>(undefined);
  const currentView = () => fitting(host.viewOf(weight), extents);
  const setView = (next: Viewport) => host.onView(weight, next);

  useLayoutEffect(() => {
    const { onFailure, askTile, askWeight, tooltip } = host;
    const drawn = canvases.current as { [one in Aspect]: HTMLCanvasElement };
    const onPainted = (painted: { readonly input: TileInput }) => host.onPainted(weight, painted.input);
    const made = createTilePainter({
      weight,
      extents,
      place: root.current!,
      most: () => (isAlone ? roomAlone() : IN_ROW),
      canvases: drawn,
      askTile,
      onPainted,
      onFailure,
    });
    const reader = createTileReader({ weight, shape, painted: made.painted, askWeight, onFailure });
    const actionsOf = tileActions({ extents, painter: made, reader, tooltip, view: currentView, setView });
    for (const canvas of Object.values(drawn)) listenToTile(canvas, actionsOf(canvas));
    painter.current = made;
    host.painters.set(weight, made);
    return () => host.painters.delete(weight);
  }, []);
  useLayoutEffect(() => {
    if (input) painter.current!.show({ input, view }, isOnScreen);
  }, [input, view, isOnScreen]);
  useLayoutEffect(() => {
    if (theme > 0) painter.current!.redraw(isOnScreen);
  }, [theme]);

  const shown = aspectsOf(input?.other !== undefined);
  const icon = (label: string, title: string, onClick: () => void) => (
    <Button
      label={label}
      title={`${title} ${weight}`}
      appearance="icon"
      // In the list, arrows lead here.
      {...(!isAlone && { attributes: { tabindex: '-1' } })}
      onClick={onClick}
    />
  );
  return (
    <div class="tile" ref={root}>
      <div class="tile-panels">
        {ASPECTS.map((aspect) => (
          <div class="tile-panel" key={aspect} hidden={!shown.includes(aspect)}>
            {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it has keys of its own. */}
            <canvas
              ref={(canvas) => {
                if (canvas) canvases.current[aspect] = canvas;
              }}
              tabIndex={isAlone && aspect !== 'second' ? 0 : -1}
              role="application"
              aria-roledescription="density map"
              aria-label={input && labelOf(aspect, input, weight, shape)}
            />
            <div class="tile-caption">{input && captionOf(aspect, input)}</div>
          </div>
        ))}
      </div>
      <div class="tile-bar">
        {icon('+', 'Zoom into', () => setView(zoom(currentView(), extents, ZOOM)))}
        {icon('−', 'Zoom out of', () => setView(zoom(currentView(), extents, 1 / ZOOM)))}
        {icon('⤢', 'Show all of', () => setView(wholeOf(extents)))}
        {isAlone ? icon('✕', 'Close', onOpen) : icon('□', 'Open in the whole panel:', onOpen)}
        <span class="tile-view">
          {isWhole(view, extents) ? '' : `${view.rows} × ${view.columns} of ${extents.rows} × ${extents.columns}`}
        </span>
      </div>
    </div>
  );
}
