/** A chart as vectors, from the scales, ticks and values that uPlot has laid out on its canvas. */
import type uPlot from 'uplot';
import { svgElement } from '../elements';
import { readPalette } from '../theme';
import { type AxisTicks, TILT } from './axis';
import { type ChartStyle, editorStyle } from './style';
import type { ChartOptions, ChartSeries } from './types';

type Point = readonly [x: number, y: number];

/** Where the plot's area lies, in pixels, and where values lie in it. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  xOf(value: number): number;
  yOf(value: number): number;
}

const at = (value: number) => value.toFixed(2);

function text(x: number, y: number, anchor: string, fill: string, content: string, rotate?: number): SVGElement {
  const turned: { readonly [attribute: string]: string } =
    rotate === undefined ? {} : { transform: `rotate(${rotate} ${x} ${y})` };
  const properties = { x: at(x), y: at(y), 'text-anchor': anchor, 'font-size': '11', fill, ...turned };
  return svgElement('text', properties, content);
}

function line(from: Point, to: Point, stroke: string, dash?: string): SVGElement {
  return svgElement('line', {
    x1: at(from[0]),
    y1: at(from[1]),
    x2: at(to[0]),
    y2: at(to[1]),
    stroke,
    ...(dash && { 'stroke-dasharray': dash }),
  });
}

function pathOf(points: readonly Point[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('');
}

function areaOf(plot: uPlot): Area {
  const [left, top, width, height] = [plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height].map(
    (length) => length / devicePixelRatio,
  );
  const xOf = (value: number) => left + plot.valToPos(value, 'x');
  const yOf = (value: number) => top + plot.valToPos(value, 'y');
  return { left, top, width, height, xOf, yOf };
}

function axes(area: Area, plot: uPlot, options: ChartOptions, ticks: readonly AxisTicks[], style: ChartStyle) {
  const { left, top, width, height } = area;
  const placed = (axis: AxisTicks | undefined, position: (value: number) => number, from: number, to: number) =>
    (axis?.splits ?? []).flatMap((value, index) => {
      const place = value === null ? Number.NaN : position(value);
      return place >= from - 1 && place <= to + 1 ? [{ place, label: axis!.labels[index] }] : [];
    });
  return [
    ...placed(ticks[0], area.xOf, left, left + width).flatMap(({ place, label }) => [
      line([place, top], [place, top + height + 4], style.line),
      options.x.tilted
        ? text(place, top + height + 12, 'end', style.text, label, -TILT)
        : text(place, top + height + 16, 'middle', style.text, label),
    ]),
    ...placed(ticks[1], area.yOf, top, top + height).flatMap(({ place, label }) => [
      line([left - 4, place], [left + width, place], style.line),
      text(left - 7, place + 4, 'end', style.text, label),
    ]),
    text(left + width / 2, plot.height - 4, 'middle', style.text, options.x.label),
    text(11, top + height / 2, 'middle', style.text, options.y.label, -90),
  ];
}

function bars(points: readonly Point[], step: number, bottom: number, fill: string): SVGElement[] {
  return points.map(([x, y]) =>
    svgElement('rect', {
      x: at(x - step / 2),
      y: at(y),
      width: at(Math.max(0.5, step - 1)),
      height: at(Math.max(0, bottom - y)),
      fill,
    }),
  );
}

function curve({ color, width = 1.5, dash, points: marked }: ChartSeries, points: readonly Point[]): SVGElement[] {
  const stroke = { stroke: color, 'stroke-width': width, fill: 'none', 'stroke-linejoin': 'round' };
  const dashes = dash && { 'stroke-dasharray': dash.join(' ') };
  return [
    svgElement('path', { d: pathOf(points), ...stroke, ...dashes }),
    ...(marked ? points.map(([x, y]) => svgElement('circle', { cx: at(x), cy: at(y), r: '3', fill: color })) : []),
  ];
}

/** Bands and series that are shown. */
function drawing({ top, height, xOf, yOf }: Area, plot: uPlot, { bands = [], series }: ChartOptions): SVGElement[] {
  const [places, ...values] = plot.data;
  const pointsOf = (one: number): Point[] =>
    Array.from(places).flatMap((x, index) => {
      const y = values[one][index];
      return typeof y === 'number' ? [[xOf(x), yOf(y)] as const] : [];
    });
  const filled = bands.flatMap(({ upper, lower, color }) => {
    const outline = plot.series[upper + 1].show ? [...pointsOf(upper), ...pointsOf(lower).reverse()] : [];
    return outline.length > 0 ? [svgElement('path', { d: `${pathOf(outline)}Z`, fill: color })] : [];
  });
  const drawn = series.flatMap((one, index) => {
    const points = one.edge || !plot.series[index + 1].show ? [] : pointsOf(index);
    if (points.length === 0) return [];
    if (one.kind !== 'bars') return curve(one, points);
    return bars(points, Math.abs(xOf(places[1] as number) - xOf(places[0] as number)), top + height, one.color);
  });
  return [...filled, ...drawn];
}

function marking({ left, top, width, height, xOf }: Area, options: ChartOptions, color: string): SVGElement[] {
  const marker = options.marker?.();
  if (!marker) return [];
  const x = xOf(marker.x);
  const isRight = x > left + width / 2;
  return [
    line([x, top], [x, top + height], color, '4 3'),
    text(x + (isRight ? -6 : 6), top + 11, isRight ? 'end' : 'start', color, marker.label),
  ];
}

/** The chart as an SVG group; `ticks` are those of x and of y. */
export function chartSvg(plot: uPlot, options: ChartOptions, ticks: readonly AxisTicks[]): SVGElement {
  const { style = editorStyle() } = options;
  const area = areaOf(plot);
  const { left, top, width, height } = area;
  const name = `clip-${options.title.replace(/\W+/g, '-')}`;
  const rectangle = { x: at(left), y: at(top), width: at(width), height: at(height) };
  return svgElement(
    'g',
    { 'font-family': readPalette().font, 'aria-label': options.title },
    ...axes(area, plot, options, ticks, style),
    svgElement('clipPath', { id: name }, svgElement('rect', rectangle)),
    svgElement(
      'g',
      { 'clip-path': `url(#${name})` },
      ...drawing(area, plot, options),
      ...marking(area, options, style.foreground),
    ),
  );
}
