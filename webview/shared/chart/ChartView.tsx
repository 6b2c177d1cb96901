/** A chart as a component: built anew for other options, and given new values without that. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Chart, createChart } from './chart';
import type { ChartData, ChartOptions } from './types';

export interface ChartViewProperties {
  readonly options: ChartOptions;
  readonly data: ChartData;
  /** Hears of each chart that is built, and undefined when the last one has gone. */
  onChart(chart: Chart | undefined): void;
}

/** `options` and `data` are compared by identity. */
export function ChartView({ options, data, onChart }: ChartViewProperties): VNode {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Chart | undefined>(undefined);
  useLayoutEffect(() => {
    const chart = createChart(options);
    drawn.current = chart;
    place.current!.replaceChildren(chart.root);
    onChart(chart);
    return () => {
      onChart(undefined);
      chart.destroy();
    };
  }, [options]);
  useLayoutEffect(() => drawn.current!.setData(data), [options, data]);
  return <div ref={place} />;
}
