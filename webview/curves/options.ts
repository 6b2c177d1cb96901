/** What is chosen of how curves are drawn: kept over a reload, and changed by one event. */

import { SMOOTHING } from './smoothing';

/** What curves lie over. */
export type CurveAxis = 'epoch' | 'step' | 'time';
/** Whose values are drawn. */
export type CurveSplits = 'both' | 'train' | 'test';
/** Which runs are drawn as their mean: `seed` are those that differ in nothing else that is known. */
export type CurveGrouping = 'none' | 'method' | 'seed';

export interface CurveOptions {
  /** How much of the line so far each step leaves of it, 0 … 0.99; nothing is smoothed at 0. */
  readonly smoothing: number;
  /** Single values far from all others do not decide what is shown. */
  readonly ignoresOutliers: boolean;
  readonly axis: CurveAxis;
  readonly splits: CurveSplits;
  readonly grouping: CurveGrouping;
  /** Folder of the run that others are held against: it is shown whatever else is. */
  readonly baseline?: string;
}

/** Beyond it, a line would stand still. */
export const MOST_SMOOTHING = 0.99;

const FIRST: CurveOptions = {
  smoothing: SMOOTHING,
  ignoresOutliers: false,
  axis: 'epoch',
  splits: 'both',
  grouping: 'none',
};

export const AXES: readonly { readonly value: CurveAxis; readonly label: string }[] = [
  { value: 'epoch', label: 'Epoch' },
  { value: 'step', label: 'Step' },
  { value: 'time', label: 'Time' },
];

export const SPLIT_CHOICES: readonly { readonly value: CurveSplits; readonly label: string }[] = [
  { value: 'both', label: 'Training and test' },
  { value: 'train', label: 'Training' },
  { value: 'test', label: 'Test' },
];

export const GROUPING_CHOICES: readonly { readonly value: CurveGrouping; readonly label: string }[] = [
  { value: 'none', label: 'Each run' },
  { value: 'method', label: 'Mean by method' },
  { value: 'seed', label: 'Mean over seeds' },
];

/** The options as they were kept; what an earlier version has not kept, or nobody offers any more, is as at first. */
export function keptOptions(kept: Partial<CurveOptions> = {}): CurveOptions {
  const offered = <Value>(choices: readonly { readonly value: Value }[], value: Value | undefined, first: Value) =>
    choices.some((choice) => choice.value === value) ? value! : first;
  const { smoothing = FIRST.smoothing, ignoresOutliers = FIRST.ignoresOutliers, baseline } = kept;
  return {
    smoothing: Math.min(MOST_SMOOTHING, Math.max(0, smoothing)),
    ignoresOutliers,
    axis: offered(AXES, kept.axis, FIRST.axis),
    splits: offered(SPLIT_CHOICES, kept.splits, FIRST.splits),
    grouping: offered(GROUPING_CHOICES, kept.grouping, FIRST.grouping),
    ...(baseline !== undefined && { baseline }),
  };
}
