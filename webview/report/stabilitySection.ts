/** How stable masks are, and whether methods with stable masks are better: a table, and dots of methods. */
import { type Comparison, DENSE, type SummaryRow } from '../../server/protocol/comparison';
import { chosenAgain } from '../../server/protocol/stability';
import { element, scrolling, svgElement, table } from '../shared/elements';
import { exactPercent, percent, placeText } from '../shared/format';
import { measuredValue, metricText } from '../shared/metrics';
import type { Metric } from './metrics';

const MOST_WIDTH = 560;
const HEIGHT = 300;
const MARGIN = 50;
/** Right of the plot, for half a label. */
const RIGHT = 20;
/** Room for the values of a metric. */
const LEFT = 60;
/** From the lowest to the highest value. */
const INNER_HEIGHT = HEIGHT - 2 * MARGIN;

/** Where the axis of stability begins: masks that hardly change would all be dots in one place of an axis from 0. */
const axisStart = (lowest: number) => Math.min(0.95, Math.floor(lowest * 20) / 20);

interface Dot {
  readonly method: string;
  readonly stability: number;
  readonly value: number;
  readonly name: string;
}

function axes(start: number, [low, high]: readonly [number, number], metric: Metric, innerWidth: number): SVGElement[] {
  const bottom = HEIGHT - MARGIN;
  const across = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const x = LEFT + part * innerWidth;
    return svgElement('text', { x, y: bottom + 18, 'text-anchor': 'middle' }, placeText(start + part * (1 - start)));
  });
  const up = [low, high].map((value, i) =>
    svgElement(
      'text',
      { x: LEFT - 6, y: bottom - i * INNER_HEIGHT + 4, 'text-anchor': 'end' },
      metricText(metric, value),
    ),
  );
  const frame = { x: LEFT, y: MARGIN, width: innerWidth, height: INNER_HEIGHT, fill: 'none', stroke: 'var(--grid)' };
  const below = { x: LEFT + innerWidth / 2, y: HEIGHT - 8, 'text-anchor': 'middle' };
  const titles = [
    svgElement('text', { x: LEFT, y: MARGIN - 12 }, metric.title),
    svgElement('text', below, 'mask IoU with changed weights'),
  ];
  return [svgElement('rect', frame), ...across, ...up, ...titles];
}

/** A dot for each method at each sparsity, over its mask IoU, in the colors of the methods' curves. */
function scatter(dots: readonly Dot[], metric: Metric, colors: ReadonlyMap<string, string>, room: number): SVGElement {
  const width = Math.min(MOST_WIDTH, room);
  const innerWidth = width - LEFT - RIGHT;
  const values = dots.map(({ value }) => value);
  const range: readonly [number, number] = [Math.min(...values), Math.max(...values)];
  const extent = range[1] - range[0] || 1;
  const start = axisStart(Math.min(...dots.map(({ stability }) => stability)));
  const circles = dots.map(({ method, stability, value, name }) => {
    const cx = LEFT + ((stability - start) / (1 - start)) * innerWidth;
    const cy = HEIGHT - MARGIN - ((value - range[0]) / extent) * INNER_HEIGHT;
    return svgElement(
      'circle',
      { cx, cy, r: 5, fill: colors.get(method) ?? 'var(--text)' },
      svgElement('title', {}, name),
    );
  });
  const size = { viewBox: `0 0 ${width} ${HEIGHT}`, width, 'font-size': 12, fill: 'var(--text)' };
  const label = `${metric.title} over the stability of masks`;
  return svgElement(
    'svg',
    { ...size, role: 'img', 'aria-label': label },
    ...axes(start, range, metric, innerWidth),
    ...circles,
  );
}

export interface StabilitySection {
  /** Nothing where no run has measured how stable its mask is. */
  readonly parts: readonly HTMLElement[];
  /** Draws the dots in the colors of methods, at most `width` pixels wide. */
  draw(width: number, colors: ReadonlyMap<string, string>): void;
}

export function stabilitySection(
  comparison: Comparison,
  rows: readonly SummaryRow[],
  metric: Metric | undefined,
): StabilitySection {
  const measured = rows.filter(({ method, stability }) => method !== DENSE && stability !== undefined);
  if (measured.length === 0) return { parts: [], draw() {} };
  const sparsities = [...new Set(measured.map(({ sparsity }) => sparsity))].sort((a, b) => a - b);
  const titles = new Map(comparison.methods.map(({ name, title }) => [name, title]));
  const body = comparison.methods.flatMap(({ name, title }) => {
    const own = measured.filter(({ method }) => method === name);
    if (own.length === 0) return [];
    const cells = sparsities.map((sparsity) => {
      const found = own.find((row) => row.sparsity === sparsity);
      return found === undefined ? '' : percent(chosenAgain(found.stability!));
    });
    return [[title, ...cells]];
  });
  const dots = measured.flatMap((row) => {
    const value = metric && measuredValue(row, metric.name)?.mean;
    const name = `${titles.get(row.method) ?? row.method}, ${exactPercent(row.sparsity)}`;
    return value === undefined ? [] : [{ method: row.method, stability: row.stability!, value, name }];
  });
  const figure = element('figure');
  return {
    parts: [
      element('h3', {}, 'Stability of the masks'),
      element(
        'p',
        { class: 'quiet' },
        'Weights that would be chosen again with weights changed by a millionth of themselves.',
      ),
      scrolling(table(['method', ...sparsities.map(exactPercent)], body)),
      figure,
    ],
    draw(width, colors) {
      if (metric && dots.length > 1) figure.replaceChildren(scatter(dots, metric, colors, width));
    },
  };
}
