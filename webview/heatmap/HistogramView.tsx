/** How the scores are distributed, and what the mask keeps of them. */
import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { placeOf, scoreAt } from '../../server/protocol/histogram';
import type { Histogram } from '../../server/protocol/results';
import { ChartView } from '../shared/chart/ChartView';
import type { Chart } from '../shared/chart/chart';
import type { ChartOptions } from '../shared/chart/types';
import { count, decimal, shortCount } from '../shared/format';
import { readPalette } from '../shared/theme';
import { Checkbox, Dropdown } from '../shared/toolkit';
import { besideAxis, histogramData } from './histogramData';
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
  return `1e${decimal(exponent)}`;
}

/** Whole powers of ten on the axis; round numbers where there are too few of them to tell places by. */
function powersIn({ low, high }: Histogram): { readonly marks?: readonly number[] } {
  const first = Math.ceil(low);
  const count = Math.floor(high) - first + 1;
  return count < 3 ? {} : { marks: Array.from({ length: count }, (_, at) => first + at) };
}

const KEPT = 'Kept';

export function HistogramView({ page, onWeight, onLogCounts, onChart }: HistogramProperties): VNode {
  const { histogram, logCounts, theme } = page;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const current = useRef<Histogram | undefined>(undefined);
  current.current = histogram;
  const options = useMemo((): ChartOptions => {
    const palette = readPalette();
    const told = (part: 'removed' | 'kept') => (at: number | undefined) =>
      at === undefined ? current.current?.total[part] : current.current?.[part][at];
    const isSigned = histogram?.axis === 'signed';
    return {
      title: 'Distribution of scores',
      // The axis spans the scores, so other scores need another one.
      x: {
        label: isSigned ? 'score (asinh axis)' : 'score (logarithmic axis)',
        format: isSigned ? (place) => decimal(scoreAt(histogram, place)) : powerText,
        range: [histogram?.low ?? 0, histogram?.high ?? 1],
        ...(!isSigned && histogram && powersIn(histogram)),
      },
      y: { label: 'Weights', log: logCounts, format: shortCount },
      series: [
        { label: 'Removed', color: palette.removed, kind: 'bars', valueAt: told('removed') },
        { label: KEPT, color: palette.kept, kind: 'bars', valueAt: told('kept') },
      ],
      hidden,
      onToggle: (label, shown) =>
        setHidden((before) => new Set([...before].filter((one) => one !== label).concat(shown ? [] : [label]))),
      height: HEIGHT,
      marker() {
        const threshold = current.current?.threshold;
        const x = threshold === undefined ? undefined : placeOf(current.current!, threshold);
        return x === undefined ? undefined : { x, label: `kept from ${decimal(threshold!)}` };
      },
    };
  }, [histogram?.axis, histogram?.unit, histogram?.low, histogram?.high, hidden, logCounts, theme]);
  const data = useMemo(
    () => histogram && histogramData(histogram, { log: logCounts, showsKept: !hidden.has(KEPT) }),
    [histogram, hidden, logCounts],
  );
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
        <div class="note">{histogram ? besideAxis(histogram, count) : ''}</div>
      </div>
      {data && <ChartView options={options} data={data} onChart={onChart} />}
    </div>
  );
}
