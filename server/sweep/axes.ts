/** Metrics over the values of one axis, everything else alike: the paper's table 3 for the number of meta steps. */

import { summarize } from '../comparison/results';
import { ALL_METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import type { RunOutcome } from '../protocol/comparison';
import type { AxisCurve, SweepSettings } from '../protocol/sweep';
import { methodTitle } from '../request/comparedMethods';
import { describeSettings, type SweepPlan } from './expand';
import { isTrainingOption } from './options';

function without(settings: SweepSettings, option: string): SweepSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== option));
}

/** One curve for each method, sparsity and choice of the other settings, where at least two values were run. */
export function axisCurves(
  plan: SweepPlan,
  runs: readonly RunOutcome[],
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): AxisCurve[] {
  const networks = new Map(plan.networks.map((network) => [network.label, network]));
  const variants = new Map(plan.variants.map((variant) => [variant.name, variant]));
  const rows = summarize(runs, metrics);
  return plan.axes.flatMap(({ option, values }) => {
    const curves = new Map<string, AxisCurve>();
    for (const { model, method, sparsity, runs: count, stability: _, stepRatio: __, ...measured } of rows) {
      const network = networks.get(model)!;
      const variant = variants.get(method)!;
      const settings = { ...network.settings, ...variant.settings };
      const value = settings[option];
      if (value === undefined) continue;
      const rest = { ...without(network.settings, option), ...without(variant.settings, option) };
      const place = isTrainingOption(option) ? network.place : model;
      const key = JSON.stringify([place, variant.method, sparsity, rest]);
      const described = describeSettings(isTrainingOption(option) ? rest : without(variant.settings, option));
      const title = described === '' ? methodTitle(variant.method) : `${methodTitle(variant.method)}, ${described}`;
      const curve = curves.get(key) ?? { option, place, method: variant.method, title, sparsity, points: [] };
      const point = { value, runs: count, ...measured };
      curves.set(key, { ...curve, points: [...curve.points, point] });
    }
    return Array.from(curves.values(), (curve) => ({
      ...curve,
      points: [...curve.points].sort((a, b) => values.indexOf(a.value) - values.indexOf(b.value)),
    })).filter(({ points }) => points.length > 1);
  });
}
