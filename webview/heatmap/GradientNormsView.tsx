/** How strong the meta-gradient of each layer is beside its gradient (Figure 3 of the ProsPr paper). */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { GradientNorms } from '../../server/protocol/comparison';
import type { ScoreSummary } from '../../server/protocol/results';
import { ChartView } from '../shared/chart/ChartView';
import type { Chart } from '../shared/chart/chart';
import type { ChartOptions } from '../shared/chart/types';
import { decimal } from '../shared/format';
import { readPalette } from '../shared/theme';
import { Grid } from '../shared/toolkit';
import { axisNames, GRADIENT_COLUMNS, gradientNormsData, gradientRow } from './gradientNormsData';

export interface GradientNormsProperties {
  readonly score: ScoreSummary | undefined;
  readonly theme: number;
  onChart(chart: Chart | undefined): void;
}

const HEIGHT = 360;
const NONE = 'Only ProsPr takes a meta-gradient: score the model with it to see how strong that is in each layer.';

/** Three significant digits; powers of ten stay short. */
function normText(norm: number): string {
  return String(Number(norm.toPrecision(3)));
}

function chartOptions(names: readonly string[]): ChartOptions {
  const { series } = readPalette();
  return {
    title: 'Norms of gradients and meta-gradients',
    x: {
      label: 'Layer',
      marks: names.map((_, at) => at),
      tilted: true,
      range: [-0.5, names.length - 0.5],
      format: (at) => names[at] ?? '',
    },
    y: { label: 'L2 norm', log: true, format: normText, tell: decimal },
    series: [
      { label: 'Meta-gradient', color: series[0], width: 2, points: true },
      { label: 'Gradient', color: series[1], width: 2, points: true },
    ],
    height: HEIGHT,
  };
}

interface NormsProperties extends Pick<GradientNormsProperties, 'theme' | 'onChart'> {
  readonly score: ScoreSummary;
  readonly norms: readonly GradientNorms[];
}

function Norms({ score, norms, theme, onChart }: NormsProperties): VNode {
  const options = useMemo(() => chartOptions(axisNames(score, norms)), [score.scoreId, theme]);
  const data = useMemo(() => gradientNormsData(norms), [score.scoreId]);
  const rows = useMemo(() => norms.map(gradientRow), [score.scoreId]);
  return (
    <>
      <p class="note">
        {`For each tensor, the L2 norm of the loss's gradient at the initial weights, and that of its meta-gradient, which goes ` +
          `through the first steps of training; both on the same batch (${score.title}, seed ${score.seed}).`}
      </p>
      <ChartView options={options} data={data} onChart={onChart} />
      <Grid label="Norms of gradients" columns={GRADIENT_COLUMNS} rows={rows} />
    </>
  );
}

/** Shows the norms of a score, or says that it has none. */
export function GradientNormsView({ score, theme, onChart }: GradientNormsProperties): VNode {
  const norms = score?.gradientNorms ?? [];
  return (
    <div class="gradient-norms">
      {score && norms.length > 0 ? (
        <Norms score={score} norms={norms} theme={theme} onChart={onChart} />
      ) : (
        <p class="note">{NONE}</p>
      )}
    </div>
  );
}
