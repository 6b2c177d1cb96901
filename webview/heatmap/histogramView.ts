/** How the scores are distributed, in powers of ten, and where the threshold lies. */
import type { Histogram } from '../../server/protocol/results';
import { type Chart, createChart, type DrawnChart } from '../shared/chart';
import { element, setText } from '../shared/elements';
import { count, decimal, shortCount } from '../shared/format';
import { readPalette } from '../shared/theme';
import { type Choice, checkbox, dropdown } from '../toolkit';
import { histogramData } from './histogramData';

export interface HistogramOptions {
  readonly logCounts: boolean;
  onWeight(weight: string): void;
  onLogCounts(log: boolean): void;
}

export interface HistogramView {
  readonly root: HTMLElement;
  setWeights(weights: readonly string[], shown: string): void;
  setHistogram(histogram: Histogram): void;
  setThreshold(threshold: number | undefined): void;
  redraw(): void;
  svg(): DrawnChart | undefined;
}

export const ALL_WEIGHTS = '';
const HEIGHT = 340;

/** `10⁻³` and the like; whole powers only. */
function powerText(exponent: number): string {
  return `1e${Number(exponent.toFixed(2))}`;
}

export function createHistogram({ logCounts, onWeight, onLogCounts }: HistogramOptions): HistogramView {
  const place = element('div');
  const note = element('div', { class: 'note' });
  let chart: Chart | undefined;
  let histogram: Histogram | undefined;
  let threshold: number | undefined;
  let log = logCounts;
  const choice = dropdown('Weights', 'histogram-weight', onWeight);
  const scale = checkbox('Log counts', log, (checked) => {
    log = checked;
    onLogCounts(checked);
    rebuild();
  });

  function rebuild(): void {
    if (!histogram) return;
    chart?.destroy();
    const palette = readPalette();
    chart = createChart({
      title: 'Distribution of scores',
      x: { label: 'log10 of |score|', format: powerText, range: [histogram.low, histogram.high] },
      y: { label: 'Weights', log, format: shortCount },
      series: [
        { label: 'Removed', color: palette.removed, kind: 'bars' },
        { label: 'Kept', color: palette.kept, kind: 'bars' },
      ],
      height: HEIGHT,
      marker: () =>
        threshold !== undefined && threshold > 0
          ? { x: Math.log10(threshold), label: `threshold ${decimal(threshold)}` }
          : undefined,
    });
    place.replaceChildren(chart.root);
    chart.setData(histogramData(histogram, threshold, log));
  }

  return {
    root: element(
      'div',
      { class: 'histogram' },
      element('div', { class: 'toolbar' }, choice.root, scale.root, note),
      place,
    ),
    setWeights(weights, shown) {
      const choices: Choice[] = [{ value: ALL_WEIGHTS, label: 'All layers' }];
      choice.update([...choices, ...weights.map((weight) => ({ value: weight, label: weight }))], shown);
    },
    setHistogram(next) {
      // The axis spans the scores, so other scores need another one.
      const isAnother = next.low !== histogram?.low || next.high !== histogram.high;
      histogram = next;
      setText(note, next.zeros > 0 ? `${count(next.zeros)} scores are exactly 0 and not in the picture.` : '');
      if (chart && !isAnother) chart.setData(histogramData(next, threshold, log));
      else rebuild();
    },
    setThreshold(next) {
      threshold = next;
      if (chart && histogram) chart.setData(histogramData(histogram, threshold, log));
    },
    redraw: rebuild,
    svg: () => chart?.svg(),
  };
}
