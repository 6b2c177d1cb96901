/** The axes of a chart: their scales, where they have lines and labels, and what these say. */
import type uPlot from 'uplot';
import type { ChartStyle } from './style';

export interface ChartAxis {
  readonly label: string;
  readonly log?: boolean;
  /** Larger values to the left. */
  readonly reversed?: boolean;
  /** What is shown without zoom, or how it follows from the values that are shown; what these need where it is absent. */
  readonly range?: readonly [number, number] | ((shown: readonly number[]) => readonly [number, number]);
  /** Where the axis has lines and labels, as many as there is room for; round numbers where absent. */
  readonly marks?: readonly number[];
  /** Labels at an angle, for an x axis whose marks have names. */
  readonly tilted?: boolean;
  /** Room for the labels, and least distance of round numbers, in pixels. */
  readonly size?: number;
  readonly space?: number;
  /** Of a line of the axis. */
  format(value: number): string;
  /** Of a value or a place in the legend, where it is written otherwise than those of lines. */
  tell?(value: number): string;
}

/** Where an axis has its ticks and what they say. */
export interface AxisTicks {
  readonly splits: readonly (number | null)[];
  readonly labels: readonly string[];
}

/** Of tilted labels, in degrees. */
export const TILT = 45;
const TILTED_LABEL_ROOM = 16;
/** Labels of a y axis stand above each other. */
const Y_LABEL_ROOM = 14;
/** Mean width of a character, in pixels. */
const CHARACTER_WIDTH = 6;

/** All values of the series that are shown; with a zoom, of the places that are on the screen. */
function shownValues({ data, series }: uPlot, isZoomed: boolean): number[] {
  const shown = data.slice(1).filter((_, at) => series[at + 1].show);
  const [first, last] = (isZoomed && series[0].idxs) || [0, data[0].length - 1];
  return shown.flatMap((values) =>
    Array.from(values)
      .slice(first, last + 1)
      .filter((value): value is number => typeof value === 'number'),
  );
}

/** The scale as uPlot takes it; numbers that are given hold until the user zooms, a function takes what is on the screen then. */
export function scaleOf({ log, reversed, range }: ChartAxis, isZoomed: () => boolean): uPlot.Scale {
  return {
    time: false,
    distr: log ? 3 : 1,
    ...(reversed && { dir: -1 }),
    ...(range && {
      range: (plot, low, high) => {
        if (typeof range === 'function') return [...range(shownValues(plot, isZoomed()))];
        return isZoomed() ? [low, high] : [...range];
      },
    }),
  };
}

/** The marks that are on the screen, without those too close to the one before. */
function roomyMarks(
  plot: uPlot,
  scale: string,
  axis: ChartAxis,
  labelRoom: number,
  low: number,
  high: number,
): number[] {
  const room = axis.tilted ? TILTED_LABEL_ROOM : labelRoom;
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

/** Height of tilted labels, with their ticks. */
function tiltedHeight({ marks = [], format }: ChartAxis): number {
  const longest = Math.max(0, ...marks.map((mark) => format(mark).length));
  return Math.round(16 + Math.sin((TILT * Math.PI) / 180) * CHARACTER_WIDTH * longest);
}

/** The axis as uPlot takes it; what is on it goes to `ticks`: of x first, then of y. */
export function axisOf(axis: ChartAxis, scale: 'x' | 'y', style: ChartStyle, ticks: AxisTicks[]): uPlot.Axis {
  const size = axis.size ?? (axis.tilted ? tiltedHeight(axis) : style.sizes[scale]);
  return {
    scale,
    label: axis.label,
    ...style.axis,
    ...(axis.marks && {
      splits: (plot, _, low, high) =>
        roomyMarks(plot, scale, axis, scale === 'y' ? Y_LABEL_ROOM : style.labelRoom, low, high),
      filter: (_, splits) => splits,
    }),
    ...(axis.tilted && { rotate: TILT }),
    ...(size !== undefined && { size }),
    ...(axis.space !== undefined && { space: axis.space }),
    stroke: style.text,
    grid: { stroke: style.line, ...style.grid, ...(axis.log && !axis.marks && { filter: onlyPowers }) },
    ticks: { stroke: style.line, ...style.ticks },
    values: (_, splits) => {
      const labels = splits.map((value) => (value === null ? '' : axis.format(value)));
      ticks[scale === 'x' ? 0 : 1] = { splits, labels };
      return labels;
    },
  };
}
