/** What a sweep would do. */

import { formatCount } from '../../format';
import { DENSE } from '../../protocol/comparison';
import { isConvergenceMethod, scoresOnceForAllSparsities } from '../../request/comparedMethods';
import { initialCriterion, isDynamicMethod } from '../../request/dynamic';
import type { SweepPlan } from '../../sweep/expand';
import { affinityOf } from '../../sweep/queue';
import type { SweepNetworks } from '../../sweep/session';
import { formatTable } from '../terminal/table';

/** Whether a method begins with a mask that is made by scores. */
function isScored(method: string): boolean {
  const beginsDense = method === DENSE || (isDynamicMethod(method) && initialCriterion(method, {}) === undefined);
  return !beginsDense && !isConvergenceMethod(method);
}

/** Scorings that the runs need: one for all sparsities where the criterion allows it. */
export function countScorings({ runs }: SweepPlan): number {
  const scored = runs.filter(({ variant: { method } }) => isScored(method));
  const isShared = ({ variant }: (typeof runs)[number]) => scoresOnceForAllSparsities(variant.method);
  return new Set(scored.filter(isShared).map(affinityOf)).size + scored.filter((run) => !isShared(run)).length;
}

/** The plan as a document. */
export function describePlan(plan: SweepPlan, networks: SweepNetworks) {
  return {
    title: plan.title,
    runs: plan.runs.map(({ key }) => key),
    scorings: countScorings(plan),
    networks: plan.networks.map(({ label, settings }) => {
      const { data, dataset, request } = networks.get(label)!;
      return { label, data, settings, trainExamples: dataset.train.size, epochs: request.training.epochs };
    }),
    methods: plan.variants.map(({ name, title, settings }) => ({ name, title, settings })),
    axes: plan.axes,
  };
}

/** The plan as tables. */
export function formatPlan(plan: SweepPlan, networks: SweepNetworks): string {
  const count = (label: string, method?: string) =>
    plan.runs.filter(({ key }) => key.model === label && (method === undefined || key.method === method)).length;
  const rows = plan.networks.map(({ label }) => {
    const { data, dataset, request } = networks.get(label)!;
    return [label, data, formatCount(dataset.train.size), String(request.training.epochs), String(count(label))];
  });
  const columns = [
    { title: 'network' },
    { title: 'data' },
    { title: 'examples', align: 'right' as const },
    { title: 'epochs', align: 'right' as const },
    { title: 'runs', align: 'right' as const },
  ];
  const methods = plan.variants.map(({ name, title }) => [
    title,
    String(plan.networks.reduce((sum, { label }) => sum + count(label, name), 0)),
  ]);
  return [
    `${plan.title}: ${plan.runs.length} runs, ${countScorings(plan)} scorings.`,
    formatTable(columns, rows),
    formatTable([{ title: 'method' }, { title: 'runs', align: 'right' }], methods),
  ].join('\n');
}
