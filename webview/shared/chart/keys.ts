/** Zooming and moving a chart along x with the keyboard. */
import type uPlot from 'uplot';

export interface ChartKeys {
  /** Shows a part of x. */
  zoom(low: number, high: number): void;
  reset(): void;
}

const ZOOM = 0.8;
const MOVE = 0.1;

/** Handles `+`, `-`, arrows and `0` (or Home); other keys pass. Distances are on the screen, so log axes work alike. */
export function zoomWithKeys(event: KeyboardEvent, plot: uPlot, keys: ChartKeys): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const width = plot.over.clientWidth;
  const show = (left: number, right: number) => {
    const [a, b] = [plot.posToVal(left, 'x'), plot.posToVal(right, 'x')];
    keys.zoom(Math.min(a, b), Math.max(a, b));
  };
  const inset = ((1 - ZOOM) / 2) * width;
  const outset = ((1 / ZOOM - 1) / 2) * width;
  const actions: { readonly [key: string]: () => void } = {
    '+': () => show(inset, width - inset),
    '=': () => show(inset, width - inset),
    '-': () => show(-outset, width + outset),
    ArrowLeft: () => show(-MOVE * width, (1 - MOVE) * width),
    ArrowRight: () => show(MOVE * width, (1 + MOVE) * width),
    '0': keys.reset,
    Home: keys.reset,
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
