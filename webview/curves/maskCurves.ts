/** Curves of masks that training changes: how much of them is exchanged, and how many weights they keep. */
import type { MaskChange } from '../../server/protocol/comparison';
import { count, exactPercent, percent } from '../shared/format';
import type { Shown } from './exports';
import { columnName, type MaskCurve } from './metricsTable';
import type { RunChart, ValueFormat } from './runCurves';

interface MaskChart {
  readonly title: string;
  readonly curve: MaskCurve;
  readonly values: ValueFormat;
  /** Whether the chart says anything of a run. */
  isTold(changes: readonly MaskChange[]): boolean;
}

const CHARTS: readonly MaskChart[] = [
  {
    title: 'Weights replaced at a change of the mask',
    curve: 'maskReplaced',
    values: { format: 'percent', tick: exactPercent, tell: percent },
    isTold: (changes) => changes.some(({ grown }) => grown > 0),
  },
  {
    title: 'Weights kept',
    curve: 'maskKept',
    values: { format: 'number', tick: count, tell: count },
    isTold: (changes) => changes.some(({ kept }) => kept !== changes[0].kept),
  },
];

/** A chart for what the masks of any of the runs do; a curve a run, also of those that are drawn as one elsewhere. */
export function maskCharts(runs: readonly Shown[], colors: ReadonlyMap<string, string>): readonly RunChart[] {
  return CHARTS.flatMap(({ title, curve, values, isTold }) => {
    const told = runs.filter(({ metrics: { maskChanges = [] } }) => isTold(maskChanges));
    const series = told.map(({ summary: { run, label } }) => ({
      column: columnName(run, curve),
      owner: run,
      label,
      color: colors.get(run)!,
      width: 2,
      points: true,
    }));
    return series.length === 0 ? [] : [{ title, values, series }];
  });
}
