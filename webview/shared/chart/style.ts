/** Colors, fonts and sizes of charts: in the editor, and in documents such as a report. */
import type uPlot from 'uplot';
import { cssColor, readPalette } from '../theme';

export interface ChartStyle {
  /** Colors of labels, of lines and ticks, and of a marker. */
  readonly text: string;
  readonly line: string;
  readonly foreground: string;
  /** Fonts and sizes of axes, in pixels. */
  readonly axis: Partial<Pick<uPlot.Axis, 'font' | 'labelFont' | 'labelSize' | 'gap'>>;
  readonly grid: { readonly width?: number };
  readonly ticks: { readonly width?: number; readonly size?: number };
  /** Room for the labels of axes that ask for none. */
  readonly sizes: { readonly x?: number; readonly y?: number };
  readonly padding?: uPlot.Padding;
  /** Least distance of two labels on an axis, in pixels. */
  readonly labelRoom: number;
}

export const AXIS_FONT_SIZE = 11;

/** The editor's theme as it is now. */
export function editorStyle(): ChartStyle {
  const { muted, line, foreground, font: family } = readPalette();
  const font = `${AXIS_FONT_SIZE}px ${family}`;
  return {
    text: muted,
    line,
    foreground,
    axis: { font, labelFont: font, labelSize: 18, gap: 3 },
    grid: { width: 1 },
    ticks: { width: 1, size: 4 },
    sizes: { x: 26, y: 52 },
    padding: [8, 24, 0, 0],
    labelRoom: 56,
  };
}

/** Of a document, in the colors that its style sheet sets for `place`. */
export function documentStyle(place?: Element, axis: ChartStyle['axis'] = {}): ChartStyle {
  const text = cssColor('--text', place);
  const line = cssColor('--grid', place);
  return { text, line, foreground: text, axis, grid: {}, ticks: {}, sizes: { y: 70 }, labelRoom: 44 };
}
