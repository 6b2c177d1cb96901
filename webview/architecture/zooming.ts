/** How large the graph is drawn. */
import { useLayoutEffect, useRef } from 'preact/hooks';

/** By how much a press of a button, and a notch of the wheel, make the graph larger. */
export const ZOOM_STEP = 1.25;

/** The largest zoom at which all of a graph is seen, rounded pixels included, and no larger than its text is written. */
export function fittingZoom(
  view: { readonly clientWidth: number; readonly clientHeight: number },
  graph: { readonly width: number; readonly height: number },
): number {
  return Math.min(1, (view.clientWidth - 2) / graph.width, (view.clientHeight - 2) / graph.height);
}

/** The wheel with Ctrl zooms, and what is under the pointer stays there. @returns What hears the wheel. */
export function useWheelZoom(
  scroller: { readonly current: HTMLElement | null },
  zoom: number,
  onZoom: (zoom: number) => void,
): (event: WheelEvent) => void {
  const held = useRef<{ readonly x: number; readonly y: number; readonly zoom: number } | undefined>(undefined);
  useLayoutEffect(() => {
    if (!held.current) return;
    const { x, y, zoom: before } = held.current;
    held.current = undefined;
    const view = scroller.current!;
    view.scrollLeft = ((view.scrollLeft + x) * zoom) / before - x;
    view.scrollTop = ((view.scrollTop + y) * zoom) / before - y;
  }, [zoom]);
  return (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top } = scroller.current!.getBoundingClientRect();
    held.current = { x: event.clientX - left, y: event.clientY - top, zoom };
    onZoom(zoom * ZOOM_STEP ** (event.deltaY < 0 ? 0.5 : -0.5));
  };
}
