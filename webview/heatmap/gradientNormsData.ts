/** Norms of meta-gradients beside those of gradients, as a chart and a table take them. */
import type { GradientNorms } from '../../server/protocol/comparison';
import type { ScoreSummary } from '../../server/protocol/results';
import type { ChartData } from '../shared/chart/types';
import { decimal } from '../shared/format';
import type { Column } from '../shared/toolkit';

/** Longer names are cut at their beginning, where the layers of a block have the same. */
const LONGEST_NAME = 24;

/** Names for the axis: that of the layer, or of the weight where a layer has several. */
export function axisNames({ weights }: Pick<ScoreSummary, 'weights'>, norms: readonly GradientNorms[]): string[] {
  return norms.map(({ weight }) => {
    const layer = weights.find(({ name }) => name === weight)?.layer;
    const isOnlyOne = layer !== undefined && weights.filter((other) => other.layer === layer).length === 1;
    const name = isOnlyOne ? layer : weight;
    return name.length > LONGEST_NAME ? `…${name.slice(1 - LONGEST_NAME)}` : name;
  });
}

/** A place a tensor, in the network's order, and its two norms; a norm of 0 has none on a logarithmic axis. */
export function gradientNormsData(norms: readonly GradientNorms[]): ChartData {
  const positive = (norm: number) => (norm > 0 ? norm : null);
  return [
    norms.map((_, place) => place),
    norms.map(({ metaGradient }) => positive(metaGradient)),
    norms.map(({ gradient }) => positive(gradient)),
  ];
}

export const GRADIENT_COLUMNS: readonly Column[] = [
  { key: 'weight', title: 'Weight' },
  { key: 'metaGradient', title: 'Meta-gradient' },
  { key: 'gradient', title: 'Gradient' },
  { key: 'ratio', title: 'Ratio' },
];

/** Cells of the table; there is no ratio to a gradient of 0. */
export function gradientRow({ weight, metaGradient, gradient }: GradientNorms): { readonly [key: string]: string } {
  return {
    weight,
    metaGradient: decimal(metaGradient),
    gradient: decimal(gradient),
    ratio: gradient > 0 ? decimal(metaGradient / gradient) : '',
  };
}
