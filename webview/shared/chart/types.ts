/** What a chart is made of, on the screen and in files alike. */
import type { ChartAxis } from './axis';
import type { Heat } from './heat';
import type { SharedView } from './sharedView';
import type { ChartStyle } from './style';

/** Places along x, then the values of each series; null where a series has none. */
export type ChartData = (number | null)[][];

export interface ChartSeries {
  readonly label: string;
  readonly color: string;
  readonly dash?: readonly number[];
  /** Of the line, in pixels. */
  readonly width?: number;
  /** `bars` for a histogram; lines otherwise. */
  readonly kind?: 'line' | 'bars';
  /** Whether single values are marked, and how large, in pixels. */
  readonly points?: boolean | number;
  /** What the legend tells at a place, or of all without one, where that is not the value that is drawn. */
  valueAt?(at: number | undefined): number | undefined;
  /** Edge of a band: drawn by the band only, without an entry in the legend; goes with the series before it. */
  readonly edge?: boolean;
}

export interface ChartOptions {
  /** Says what the chart shows, to screen readers too. */
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly ChartSeries[];
  /** Indices of upper and lower edges among `series`, and the color between. */
  readonly bands?: readonly { readonly upper: number; readonly lower: number; readonly color: string }[];
  /** A plane of counts below the series. */
  readonly heat?: Heat;
  readonly height: number;
  /** Colors and fonts; those of the editor where absent. */
  readonly style?: ChartStyle;
  /** Labels of series that are not drawn at first. */
  readonly hidden?: ReadonlySet<string>;
  onToggle?(label: string, shown: boolean): void;
  /** Charts that are looked at together: one cursor, and one part of x. */
  readonly shared?: SharedView;
  /** Single points can be pointed at: hears of the place in the data of the one under the pointer. */
  onPoint?(at: number | undefined): void;
  /** A click on a point, or on a place of x where single points do not matter: its place in the data. */
  onPick?(at: number): void;
  /** A vertical line, such as a threshold. */
  marker?(): { readonly x: number; readonly label: string } | undefined;
}

/** A chart as vectors, with what its colors mean. */
export interface DrawnChart {
  readonly title: string;
  /** An SVG group. */
  readonly root: SVGElement;
  readonly width: number;
  readonly height: number;
  /** Of the series that are shown. */
  readonly legend: readonly { readonly label: string; readonly color: string }[];
}
