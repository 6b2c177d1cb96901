/** The part of x that a chart shows, and its cursor: by itself, or together with other charts. */
import type uPlot from 'uplot';
import type { Member, Part, SharedView } from './sharedView';
import type { ChartData } from './types';

export interface Zoom {
  isZoomed(): boolean;
  /** By the user, in this chart. */
  zoom(low: number, high: number): void;
  reset(): void;
  /** The user has chosen a part with the pointer, which the plot shows by itself. */
  selected(plot: uPlot): void;
  cursorMoved(plot: uPlot): void;
  /** Among the charts that are looked at together; the answer takes it out again. */
  join(): () => void;
}

/** @param plot And its data, as they are now. */
export function createZoom(shared: SharedView | undefined, plot: () => uPlot, data: () => ChartData): Zoom {
  let isZoomed = false;
  let isFollowing = false;
  const show = (part: Part | undefined) => {
    isZoomed = part !== undefined;
    if (part) plot().setScale('x', { min: part[0], max: part[1] });
    else plot().setData(data() as uPlot.AlignedData, true);
  };
  const member: Member = {
    showPart: show,
    showCursor(x) {
      isFollowing = true;
      // Off the plot there is no cursor.
      plot().setCursor({ left: x === undefined ? -10 : plot().valToPos(x, 'x'), top: x === undefined ? -10 : 0 });
      isFollowing = false;
    },
  };
  return {
    isZoomed: () => isZoomed,
    zoom(low, high) {
      show([low, high]);
      shared?.tellPart(member, [low, high]);
    },
    reset() {
      show(undefined);
      shared?.tellPart(member, undefined);
    },
    selected({ select: { left, width }, posToVal }) {
      if (width <= 0) return;
      isZoomed = true;
      const [a, b] = [posToVal(left, 'x'), posToVal(left + width, 'x')];
      shared?.tellPart(member, [Math.min(a, b), Math.max(a, b)]);
    },
    cursorMoved({ cursor: { left = -1 }, posToVal }) {
      if (isFollowing) return;
      const x = left < 0 ? Number.NaN : posToVal(left, 'x');
      shared?.tellCursor(member, Number.isFinite(x) ? x : undefined);
    },
    join: () => shared?.join(member) ?? (() => {}),
  };
}
