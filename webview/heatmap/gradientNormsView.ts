/** How strong the meta-gradient of each layer is beside its gradient (Figure 3 of the ProsPr paper). */
import type { ScoreSummary } from '../../server/protocol/results';
import { type Chart, createChart, type DrawnChart } from '../shared/chart';
import { element, setText, setVisible } from '../shared/elements';
import { readPalette } from '../shared/theme';
import { grid } from '../toolkit';
import { axisNames, GRADIENT_COLUMNS, gradientNormsData, gradientRow } from './gradientNormsData';

export interface GradientNormsView {
  readonly root: HTMLElement;
  /** Shows the norms of a score, or says that it has none. */
  setScore(score: ScoreSummary | undefined): void;
  redraw(): void;
  svg(): DrawnChart | undefined;
}

const HEIGHT = 360;
const NONE = 'Only ProsPr takes a meta-gradient: score the model with it to see how strong that is in each layer.';

/** Three significant digits; powers of ten stay short. */
function normText(norm: number): string {
  return String(Number(norm.toPrecision(3)));
}

export function createGradientNorms(): GradientNormsView {
  const note = element('p', { class: 'note' }, NONE);
  const place = element('div');
  const table = grid('Norms of gradients');
  let score: ScoreSummary | undefined;
  let chart: Chart | undefined;

  function rebuild(): void {
    chart?.destroy();
    chart = undefined;
    const norms = score?.gradientNorms ?? [];
    setVisible(place, norms.length > 0);
    setVisible(table.root, norms.length > 0);
    if (!score || norms.length === 0) {
      setText(note, NONE);
      return;
    }
    setText(
      note,
      `For each tensor, the L2 norm of the loss's gradient at the initial weights, and that of its meta-gradient, which goes ` +
        `through the first steps of training; both on the same batch (${score.title}, seed ${score.seed}).`,
    );
    const { series } = readPalette();
    const names = axisNames(score, norms);
    chart = createChart({
      title: 'Norms of gradients and meta-gradients',
      x: {
        label: 'Layer',
        marks: names.map((_, at) => at),
        tilted: true,
        range: [-0.5, names.length - 0.5],
        format: (at) => names[at] ?? '',
      },
      y: { label: 'L2 norm', log: true, format: normText },
      series: [
        { label: 'Meta-gradient', color: series[0], width: 2, points: true },
        { label: 'Gradient', color: series[1], width: 2, points: true },
      ],
      height: HEIGHT,
    });
    place.replaceChildren(chart.root);
    chart.setData(gradientNormsData(norms));
    table.setRows(GRADIENT_COLUMNS, norms.map(gradientRow));
  }

  return {
    root: element('div', { class: 'gradient-norms' }, note, place, table.root),
    setScore(next) {
      if (next?.scoreId === score?.scoreId) return;
      score = next;
      rebuild();
    },
    redraw: rebuild,
    svg: () => chart?.svg(),
  };
}
