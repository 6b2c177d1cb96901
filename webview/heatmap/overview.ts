/** The whole network at a glance: what stays of each layer, from input to output. */
import type { ChartData, ChartOptions } from '../shared/chart/types';
import { rampOf, shareAt } from '../shared/densityColor';
import { percent } from '../shared/format';
import type { Palette } from '../shared/theme';
import type { RowNumbers } from './rowNumbers';

const HEIGHT = 150;
/** Shares that the axis has lines at: those of the bars. */
const MARKS = [0, 0.01, 0.1, 1];

/** What stays of some layers together: of their weights, of their weights on a path from input to output, of their MACs in all. */
interface Shares {
  readonly density: number;
  readonly effective?: number;
  readonly macs?: number;
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);

function sharesOf(rows: readonly RowNumbers[], allMacs: number): Shares {
  const total = sumOf(rows.map((row) => row.total));
  const connected = rows.map((row) => row.connected);
  const areKnown = connected.every((one) => one !== undefined);
  return {
    density: total > 0 ? sumOf(rows.map(({ kept }) => kept)) / total : 0,
    effective: areKnown && total > 0 ? sumOf(connected) / total : undefined,
    macs: allMacs > 0 ? sumOf(rows.map(({ sparseMacs }) => sparseMacs)) / allMacs : undefined,
  };
}

const allMacsOf = (rows: readonly RowNumbers[]) => sumOf(rows.map(({ sparseMacs }) => sparseMacs));
const ramped = (share: number | undefined) => (share === undefined ? undefined : rampOf(share));

/** What stays of each layer, on the scale that bars and colors have. */
export function overviewData(rows: readonly RowNumbers[]): ChartData {
  const allMacs = allMacsOf(rows);
  const shares = rows.map((row) => sharesOf([row], allMacs));
  return [
    rows.map((_, at) => at),
    shares.map(({ density }) => rampOf(density)),
    shares.map(({ effective }) => ramped(effective) ?? null),
    shares.map(({ macs }) => rampOf(macs ?? 0)),
  ];
}

/**
 * The chart of layers of these names. Its legend tells the shares of the layer under the cursor, and those of the whole network
 * where there is none: the MACs' share is one of all, so the whole has none.
 */
export function overviewOptions(
  names: readonly string[],
  { series }: Pick<Palette, 'series'>,
  rows: () => readonly RowNumbers[],
  onPick: (at: number) => void,
): ChartOptions {
  const [kept, effective, macs] = series;
  const line = { width: 1.5, points: 4 };
  const tell = (share: keyof Shares) => (at: number | undefined) => {
    const all = rows();
    if (at === undefined) return share === 'macs' ? undefined : ramped(sharesOf(all, 0)[share]);
    const row = all[at];
    return row && ramped(sharesOf([row], allMacsOf(all))[share]);
  };
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
      { label: 'Density', color: kept, ...line, valueAt: tell('density') },
      { label: 'Effective density', color: effective, ...line, valueAt: tell('effective') },
      { label: 'Of all MACs that stay', color: macs, dash: [2, 3], ...line, valueAt: tell('macs') },
    ],
    height: HEIGHT,
    onPick,
  };
}
