/** The whole network at a glance: what stays of each layer, from input to output. */
import type { ChartData, ChartOptions } from '../shared/chart/types';
import { rampOf, shareAt } from '../shared/densityColor';
import { percent } from '../shared/format';
import type { Palette } from '../shared/theme';
import type { RowNumbers } from './rowNumbers';

const HEIGHT = 150;
/** Shares that the axis has lines at: those of the bars. */
const MARKS = [0, 0.01, 0.1, 1];

/** What stays of each layer, on the scale that bars and colors have. */
export function overviewData(rows: readonly RowNumbers[]): ChartData {
  const allMacs = rows.reduce((sum, { sparseMacs }) => sum + sparseMacs, 0);
  return [
    rows.map((_, at) => at),
    rows.map(({ kept, total }) => rampOf(kept / total)),
    rows.map(({ connected, total }) => (connected === undefined ? null : rampOf(connected / total))),
    rows.map(({ sparseMacs }) => rampOf(allMacs > 0 ? sparseMacs / allMacs : 0)),
  ];
}

/** The chart of layers of these names. */
export function overviewOptions(
  names: readonly string[],
  { series }: Pick<Palette, 'series'>,
  onPick: (at: number) => void,
): ChartOptions {
  const [kept, effective, macs] = series;
  const line = { width: 1.5, points: 4 };
  return {
    title: 'The whole network',
    x: {
      label: 'Layer',
      range: [-0.5, Math.max(0.5, names.length - 0.5)],
      marks: names.map((_, at) => at),
      format: (at) => String(at + 1),
      tell: (at) => names[at] ?? '',
    },
    y: {
      label: 'Share',
      range: [0, 1],
      marks: MARKS.map(rampOf),
      format: (place) => percent(Number(shareAt(place).toPrecision(3))),
    },
    series: [
      { label: 'Density', color: kept, ...line },
      { label: 'Effective density', color: effective, ...line },
      { label: 'Of all MACs that stay', color: macs, dash: [2, 3], ...line },
    ],
    height: HEIGHT,
    onPick,
  };
}
