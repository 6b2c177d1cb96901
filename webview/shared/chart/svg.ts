/** A chart as vectors, from the scales, ticks and values that uPlot has laid out on its canvas. */
import type uPlot from 'uplot';
import { svgElement } from '../elements';
import { readPalette } from '../theme';
import { type AxisTicks, TILT } from './axis';
import type { ChartOptions } from './chart';

type Point = readonly [x: number, y: number];

const at = (value: number) => value.toFixed(2);

function text(x: number, y: number, anchor: string, fill: string, content: string, rotate?: number): SVGElement {
  const turned: { [attribute: string]: string } =
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

/** The chart as an SVG group; `ticks` are those of x and of y. */
export function chartSvg(plot: uPlot, options: ChartOptions, ticks: readonly AxisTicks[]): SVGElement {
  const palette = readPalette();
  const ratio = devicePixelRatio;
  const [left, top] = [plot.bbox.left / ratio, plot.bbox.top / ratio];
  const [width, height] = [plot.bbox.width / ratio, plot.bbox.height / ratio];
  const xOf = (value: number) => left + plot.valToPos(value, 'x');
  const yOf = (value: number) => top + plot.valToPos(value, 'y');
  const group = svgElement('g', { 'font-family': palette.font, 'aria-label': options.title });

  const placed = (axis: AxisTicks | undefined, position: (value: number) => number, from: number, to: number) =>
    (axis?.splits ?? []).flatMap((value, index) => {
      const place = value === null ? Number.NaN : position(value);
      return place >= from - 1 && place <= to + 1 ? [{ place, label: axis!.labels[index] }] : [];
    });
  for (const { place, label } of placed(ticks[0], xOf, left, left + width)) {
    group.append(line([place, top], [place, top + height + 4], palette.line));
    group.append(
      options.x.tilted
        ? text(place, top + height + 12, 'end', palette.muted, label, -TILT)
        : text(place, top + height + 16, 'middle', palette.muted, label),
    );
  }
  for (const { place, label } of placed(ticks[1], yOf, top, top + height)) {
    group.append(line([left - 4, place], [left + width, place], palette.line));
    group.append(text(left - 7, place + 4, 'end', palette.muted, label));
  }
  group.append(text(left + width / 2, plot.height - 4, 'middle', palette.muted, options.x.label));
  group.append(text(11, top + height / 2, 'middle', palette.muted, options.y.label, -90));

  const name = `clip-${options.title.replace(/\W+/g, '-')}`;
  const area = { x: at(left), y: at(top), width: at(width), height: at(height) };
  const drawn = svgElement('g', { 'clip-path': `url(#${name})` });
  group.append(svgElement('clipPath', { id: name }, svgElement('rect', area)), drawn);
  const [places, ...values] = plot.data;
  const pointsOf = (series: number): Point[] =>
    Array.from(places).flatMap((x, index) => {
      const y = values[series][index];
      return typeof y === 'number' ? [[xOf(x), yOf(y)] as const] : [];
    });
  for (const { upper, lower, color } of options.bands ?? []) {
    if (!plot.series[upper + 1].show) continue;
    const outline = [...pointsOf(upper), ...pointsOf(lower).reverse()];
    if (outline.length > 0) drawn.append(svgElement('path', { d: `${pathOf(outline)}Z`, fill: color }));
  }
  options.series.forEach((series, index) => {
    if (series.edge || !plot.series[index + 1].show) return;
    const points = pointsOf(index);
    if (points.length === 0) return;
    if (series.kind === 'bars') {
      const step = Math.abs(xOf(places[1] as number) - xOf(places[0] as number));
      for (const [x, y] of points) {
        const size = {
          x: at(x - step / 2),
          y: at(y),
          width: at(Math.max(0.5, step - 1)),
          height: at(Math.max(0, top + height - y)),
        };
        drawn.append(svgElement('rect', { ...size, fill: series.color }));
      }
      return;
    }
    const stroke = { stroke: series.color, 'stroke-width': String(series.width ?? 1.5), fill: 'none' };
    const dash = series.dash && { 'stroke-dasharray': series.dash.join(' ') };
    drawn.append(svgElement('path', { d: pathOf(points), 'stroke-linejoin': 'round', ...stroke, ...dash }));
    if (!series.points) return;
    for (const [x, y] of points)
      drawn.append(svgElement('circle', { cx: at(x), cy: at(y), r: '3', fill: series.color }));
  });
  const marker = options.marker?.();
  if (marker) {
    const x = xOf(marker.x);
    const isRight = x > left + width / 2;
    drawn.append(line([x, top], [x, top + height], palette.foreground, '4 3'));
    drawn.append(text(x + (isRight ? -6 : 6), top + 11, isRight ? 'end' : 'start', palette.foreground, marker.label));
  }
  return group;
}
