/** Norms of meta-gradients beside those of gradients, tensor by tensor (Figure 3 of the ProsPr paper). */
import type { GradientNorms, RunOutcome } from '../../server/protocol/comparison';
import { element, table } from '../shared/elements';
import { seriesColors } from '../shared/theme';

const SVG = 'http://www.w3.org/2000/svg';
const TITLES = { metaGradient: 'meta-gradient', gradient: 'gradient' } as const;
const KINDS = ['metaGradient', 'gradient'] as const;

/** Of dots, in the theme as it is now. */
function colorOf(kind: (typeof KINDS)[number]): string {
  return seriesColors()[KINDS.indexOf(kind)];
}

const ROW = 22;
const LABELS = 170;
const WIDTH = 560;

function svg(tag: string, attributes: { readonly [name: string]: string | number }, text = ''): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  return made;
}

/** Whole powers of ten around all positive norms. */
function decadesOf(rows: readonly GradientNorms[]): { readonly low: number; readonly high: number } {
  const logarithms = rows
    .flatMap(({ metaGradient, gradient }) => [metaGradient, gradient])
    .filter((norm) => norm > 0)
    .map(Math.log10);
  const low = Math.floor(Math.min(...logarithms));
  return { low, high: Math.max(Math.ceil(Math.max(...logarithms)), low + 1) };
}

/** A dot for each norm on a logarithmic axis, a row a tensor; a norm of zero has none. */
function drawNorms(rows: readonly GradientNorms[]): SVGElement {
  const { low, high } = decadesOf(rows);
  const place = (logarithm: number) => LABELS + ((logarithm - low) / (high - low)) * (WIDTH - LABELS - 20);
  const height = ROW * rows.length + 26;
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    role: 'img',
    'aria-label': 'Norms of meta-gradients and gradients of each weight tensor, on a logarithmic scale',
    'font-size': 12,
    fill: 'var(--text)',
  });
  const step = Math.max(1, Math.ceil((high - low) / 8));
  for (let decade = low; decade <= high; decade += step) {
    const x = place(decade);
    picture.append(
      svg('line', { x1: x, x2: x, y1: 0, y2: height - 22, stroke: 'var(--grid)' }),
      svg('text', { x, y: height - 6, 'text-anchor': 'middle' }, `1e${decade}`),
    );
  }
  rows.forEach((row, i) => {
    const y = ROW * (i + 0.5);
    picture.append(svg('text', { x: LABELS - 10, y: y + 4, 'text-anchor': 'end' }, row.weight));
    for (const kind of KINDS) {
      if (row[kind] > 0)
        picture.append(svg('circle', { cx: place(Math.log10(row[kind])), cy: y, r: 5, fill: colorOf(kind) }));
    }
  });
  return picture;
}

function legend(): HTMLElement {
  const entries = KINDS.map((kind) => {
    const swatch = element('span', { class: 'swatch', style: `--color: ${colorOf(kind)}` });
    return element('span', {}, swatch, ` ${TITLES[kind]} `);
  });
  return element('p', { class: 'quiet' }, ...entries);
}

export interface GradientNormsSection {
  /** Nothing where no run has norms. */
  readonly parts: readonly HTMLElement[];
  /** Draws the chart in the theme's colors. */
  draw(): void;
}

/** Chart and table for the first run that has norms. */
export function gradientNorms(runs: readonly RunOutcome[]): GradientNormsSection {
  const run = runs.find(({ pruning }) => (pruning.gradientNorms?.length ?? 0) > 0);
  const rows = run?.pruning.gradientNorms;
  if (!run || !rows) return { parts: [], draw() {} };
  const cells = rows.map(({ weight, metaGradient, gradient }) => [
    weight,
    metaGradient.toExponential(2),
    gradient.toExponential(2),
  ]);
  const isDrawn = rows.some(({ metaGradient, gradient }) => metaGradient > 0 || gradient > 0);
  const figure = element('figure');
  return {
    parts: [
      element('h3', {}, 'Norms of gradients and meta-gradients'),
      element('p', { class: 'quiet' }, `L2 norms at the weights that were scored, seed ${run.seed}.`),
      figure,
      element('div', { class: 'scroll' }, table(['weight', TITLES.metaGradient, TITLES.gradient], cells)),
    ],
    draw() {
      if (isDrawn) figure.replaceChildren(drawNorms(rows), legend());
    },
  };
}
