/** The axes of a chart: where they have lines and labels, and what these say. */
import type uPlot from 'uplot';
import { readPalette } from '../theme';

export interface ChartAxis {
  readonly label: string;
  readonly log?: boolean;
  /** Larger values to the left. */
  readonly reversed?: boolean;
  /** What is shown without zoom; what the values need where it is absent. */
  readonly range?: readonly [number, number];
  /** Where the axis has lines and labels, as many as there is room for; round numbers where absent. */
  readonly marks?: readonly number[];
  /** Labels at an angle, for an x axis whose marks have names. */
  readonly tilted?: boolean;
  format(value: number): string;
}

/** Where an axis has its ticks and what they say. */
export interface AxisTicks {
  readonly splits: readonly (number | null)[];
  readonly labels: readonly string[];
}

export const AXIS_FONT_SIZE = 11;
/** Of tilted labels, in degrees. */
export const TILT = 45;
/** Least distance of two labels on an axis, in pixels. */
const LABEL_ROOM = 56;
const TILTED_LABEL_ROOM = 16;
/** Mean width of a character, in pixels. */
const CHARACTER_WIDTH = 6;

/** The marks that are on the screen, without those too close to the one before. */
function roomyMarks(plot: uPlot, scale: string, axis: ChartAxis, low: number, high: number): number[] {
  const room = axis.tilted ? TILTED_LABEL_ROOM : LABEL_ROOM;
  let last = Number.NaN;
  return axis.marks!.filter((mark) => {
    const place = plot.valToPos(mark, scale);
    if (mark < low || mark > high || Math.abs(place - last) < room) return false;
    last = place;
    return true;
  });
}

/** Lines of a logarithmic axis: those of powers of ten, unless there are too few of them. */
function onlyPowers(_: uPlot, splits: number[]): (number | null)[] {
  const powers = splits.filter((value) => Number.isInteger(Math.log10(value)));
  return powers.length < 3 ? splits : splits.map((value) => (powers.includes(value) ? value : null));
}

/** Height of the labels of an x axis, with their ticks. */
function labelsHeight({ tilted, marks, format }: ChartAxis): number {
  if (!tilted || !marks) return 26;
  const longest = Math.max(0, ...marks.map((mark) => format(mark).length));
  return Math.round(16 + Math.sin((TILT * Math.PI) / 180) * CHARACTER_WIDTH * longest);
}

/** The axis as uPlot takes it; what is on it goes to place `at` of `ticks`. */
export function axisOf(axis: ChartAxis, scale: 'x' | 'y', ticks: AxisTicks[], at: number): uPlot.Axis {
  const palette = readPalette();
  const font = `${AXIS_FONT_SIZE}px ${palette.font}`;
  return {
    scale,
    label: axis.label,
    font,
    labelFont: font,
    labelSize: 18,
    ...(axis.marks && {
      splits: (plot, _, low, high) => roomyMarks(plot, scale, axis, low, high),
      filter: (_, splits) => splits,
    }),
    ...(axis.tilted && { rotate: TILT }),
    size: scale === 'x' ? labelsHeight(axis) : 52,
    gap: 3,
    stroke: palette.muted,
    grid: { stroke: palette.line, width: 1, ...(axis.log && !axis.marks && { filter: onlyPowers }) },
    ticks: { stroke: palette.line, width: 1, size: 4 },
    values: (_, splits) => {
      const labels = splits.map((value) => (value === null ? '' : axis.format(value)));
      ticks[at] = { splits, labels };
      return labels;
    },
  };
}
