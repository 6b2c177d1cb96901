/** How the scores are distributed, in powers of ten, and where the threshold lies. */
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { ChartView } from '../shared/chart/ChartView';
import type { Chart } from '../shared/chart/chart';
import type { ChartOptions } from '../shared/chart/types';
import { count, decimal, shortCount } from '../shared/format';
import { readPalette } from '../shared/theme';
import { Checkbox, Dropdown } from '../shared/toolkit';
import { histogramData } from './histogramData';
import { histogramChoices, histogramWeight } from './selectors';
import type { HeatmapPage } from './state';

export interface HistogramProperties {
  readonly page: HeatmapPage;
  onWeight(weight: string): void;
  onLogCounts(log: boolean): void;
  onChart(chart: Chart | undefined): void;
}

const HEIGHT = 340;

/** `1e-3` and the like. */
function powerText(exponent: number): string {
  return `1e${Number(exponent.toFixed(2))}`;
}

export function HistogramView({ page, onWeight, onLogCounts, onChart }: HistogramProperties): VNode {
  const { histogram, selection, logCounts, theme } = page;
  const threshold = useRef<number | undefined>(undefined);
  threshold.current = selection?.threshold;
  const options = useMemo((): ChartOptions => {
    const palette = readPalette();
    return {
      title: 'Distribution of scores',
      // The axis spans the scores, so other scores need another one.
      x: { label: 'log10 of |score|', format: powerText, range: [histogram?.low ?? 0, histogram?.high ?? 1] },
      y: { label: 'Weights', log: logCounts, format: shortCount },
      series: [
        { label: 'Removed', color: palette.removed, kind: 'bars' },
        { label: 'Kept', color: palette.kept, kind: 'bars' },
      ],
      height: HEIGHT,
      marker() {
        const at = threshold.current;
        return at !== undefined && at > 0 ? { x: Math.log10(at), label: `threshold ${decimal(at)}` } : undefined;
      },
    };
  }, [histogram?.low, histogram?.high, logCounts, theme]);
  const data = useMemo(
    () => histogram && histogramData(histogram, selection?.threshold, logCounts),
    [histogram, selection?.threshold, logCounts],
  );
  const zeros = histogram?.zeros ?? 0;
  return (
    <div class="histogram">
      <div class="toolbar">
        <Dropdown
          label="Weights"
          id="histogram-weight"
          choices={histogramChoices(page)}
          value={histogramWeight(page)}
          onChange={onWeight}
        />
        <Checkbox label="Log counts" checked={logCounts} onChange={onLogCounts} />
        <div class="note">{zeros > 0 ? `${count(zeros)} scores are exactly 0 and not in the picture.` : ''}</div>
      </div>
      {data && <ChartView options={options} data={data} onChart={onChart} />}
    </div>
  );
}
