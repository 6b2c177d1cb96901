/** A chart in a document: drawn for one width, without zoom, a picture to screen readers. */
import type uPlot from 'uplot';
import { createPlot, setShown } from './plot';
import type { ChartData, ChartOptions } from './types';

export interface StillChartOptions {
  readonly options: ChartOptions;
  readonly data: ChartData;
  /** In pixels. */
  readonly width: number;
  /** Hears of the values under the pointer; of nothing when it has left. Points of the series are not marked then. */
  onPoint?(place: { readonly x: number; readonly y: number } | undefined): void;
}

export interface StillChart {
  readonly root: HTMLElement;
  /** Shows or hides series by their labels. */
  show(isShown: (label: string) => boolean): void;
  destroy(): void;
}

export function createStillChart({ options, data, width, onPoint }: StillChartOptions): StillChart {
  const setCursor = ({ cursor: { left = -1, top = -1 }, posToVal }: uPlot) =>
    onPoint?.(left < 0 ? undefined : { x: posToVal(left, 'x'), y: posToVal(top, 'y') });
  const plot = createPlot({
    options,
    data,
    width,
    place: document.createElement('div'),
    ticks: [],
    cursor: { drag: { x: false, y: false }, ...(onPoint && { points: { show: false } }) },
    hooks: { setCursor: [setCursor] },
    isZoomed: () => false,
  });
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', options.title);
  return {
    root: plot.root,
    show(isShown) {
      options.series.forEach(({ label, edge }, at) => {
        if (!edge) setShown(plot, options, at, isShown(label));
      });
      plot.redraw();
    },
    destroy: () => plot.destroy(),
  };
}
