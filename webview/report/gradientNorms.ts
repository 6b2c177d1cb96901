/** Norms of meta-gradients beside those of gradients, tensor by tensor (Figure 3 of the ProsPr paper). */
import type { GradientNorms, RunOutcome } from '../../server/protocol/comparison';
import { dotRows } from '../shared/chart/dotRows';
import { element, scrolling, table } from '../shared/elements';
import { decimal } from '../shared/format';
import { seriesColors } from '../shared/theme';

const TITLES = { metaGradient: 'meta-gradient', gradient: 'gradient' } as const;
const KINDS = ['metaGradient', 'gradient'] as const;

/** Of dots, in the theme as it is now. */
function colorOf(kind: (typeof KINDS)[number]): string {
  return seriesColors()[KINDS.indexOf(kind)];
}

/** A row a tensor; a norm of zero has no dot. */
function drawNorms(rows: readonly GradientNorms[], width: number): SVGElement {
  return dotRows({
    width,
    title: 'Norms of meta-gradients and gradients of each weight tensor, on a logarithmic scale',
    rows: rows.map((row) => ({ name: row.weight, values: KINDS.map((kind) => row[kind]) })),
    colors: KINDS.map(colorOf),
  });
}

function legend(): HTMLElement {
  const entries = KINDS.map((kind) => {
    const swatch = element('span', { class: 'swatch', style: `--color: ${colorOf(kind)}` });
    return element('span', {}, swatch, TITLES[kind]);
  });
  return element('p', { class: 'legend quiet' }, ...entries);
}

export interface GradientNormsSection {
  /** Nothing where no run has norms. */
  readonly parts: readonly HTMLElement[];
  /** Draws the chart in the theme's colors, at most `width` pixels wide. */
  draw(width: number): void;
}

/** Chart and table for the first run that has norms. */
export function gradientNorms(runs: readonly RunOutcome[]): GradientNormsSection {
  const run = runs.find(({ pruning }) => (pruning.gradientNorms?.length ?? 0) > 0);
  const rows = run?.pruning.gradientNorms;
  if (!run || !rows) return { parts: [], draw() {} };
  const cells = rows.map(({ weight, metaGradient, gradient }) => [weight, decimal(metaGradient), decimal(gradient)]);
  const isDrawn = rows.some(({ metaGradient, gradient }) => metaGradient > 0 || gradient > 0);
  const figure = element('figure');
  return {
    parts: [
      element('h3', {}, 'Norms of gradients and meta-gradients'),
      element('p', { class: 'quiet' }, `L2 norms at the weights that were scored, seed ${run.seed}.`),
      figure,
      scrolling(table(['weight', TITLES.metaGradient, TITLES.gradient], cells)),
    ],
    draw(width) {
      if (isDrawn) figure.replaceChildren(drawNorms(rows, width), legend());
    },
  };
}
