/** What a sweep has found so far: for JSON, the report and the tables. */
import packageJson from '../../package.json';
import type { ComparedNetwork } from '../comparison/model';
import { mean, stepRatio, summarize } from '../comparison/results';
import { formatPath } from '../format';
import type { RunFailure, RunKey, RunOutcome, SideBySide } from '../protocol/comparison';
import type { CostRow, PublishedNumbers, SweepNetworkInfo, SweepResults } from '../protocol/sweep';
import { keptMacs } from '../pruning';
import { axisCurves } from './axes';
import type { SweepPlan } from './expand';
import { publishedCurves, publishedSteps, publishedTimes } from './published';

/** What reports need of a network: plain data, where it is not the network itself. */
export interface ReportedNetwork extends Pick<ComparedNetwork, 'label' | 'data' | 'settings'> {
  readonly model: {
    readonly network: {
      readonly file: string;
      readonly layers: readonly { readonly name: string; readonly macs: number }[];
    };
  };
  readonly dataset: { readonly name: string };
}

/** By label. */
export type ReportedNetworks = ReadonlyMap<string, ReportedNetwork>;

/** The part of a network that reports need. */
export function reportedNetwork({ label, data, settings, model, dataset }: ReportedNetwork): ReportedNetwork {
  const { file, layers } = model.network;
  const counted = layers.map(({ name, macs }) => ({ name, macs }));
  return { label, data, settings, model: { network: { file, layers: counted } }, dataset: { name: dataset.name } };
}

/**
 * Multiplications of one example that involve a kept weight; layers without a mask count whole. A structured method's are
 * those of the smaller network.
 */
export function sparseMacs({ model }: ReportedNetwork, { pruning }: RunOutcome): number {
  if (pruning.shrunk) return pruning.shrunk.macs;
  return keptMacs(model.network.layers, pruning.layers);
}

export function denseMacs({ model }: ReportedNetwork): number {
  return model.network.layers.reduce((sum, { macs }) => sum + macs, 0);
}

/** All epochs that were trained for a run, and the time they took. */
export function totalCost({ final, seconds, pruning }: RunOutcome): {
  readonly epochs: number;
  readonly seconds: number;
} {
  const before = pruning.trainedBefore ?? { epochs: 0, seconds: 0 };
  return { epochs: before.epochs + final.epoch, seconds: before.seconds + pruning.seconds + seconds };
}

/** Means over the seeds, in the order of the runs. */
function costsOf(runs: readonly RunOutcome[], networks: ReportedNetworks): CostRow[] {
  const groups = new Map<string, RunOutcome[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.model, run.method, run.sparsity]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return Array.from(groups.values(), (group): CostRow => {
    const { model, method, sparsity } = group[0];
    const over = (value: (run: RunOutcome) => number) => mean(group.map(value));
    const ratios = group.flatMap((run) => stepRatio(run) ?? []);
    return {
      model,
      method,
      sparsity,
      nominalSparsity: over(({ pruning }) => 1 - pruning.kept / pruning.prunable),
      effectiveSparsity: over(({ pruning }) => 1 - pruning.effectiveKept / pruning.prunable),
      sparseMacs: over((run) => sparseMacs(networks.get(model)!, run)),
      ...(ratios.length > 0 && { stepRatio: mean(ratios) }),
      scoringSeconds: over(({ pruning }) => pruning.seconds),
      trainingSeconds: over(({ seconds }) => seconds),
      totalEpochs: over((run) => totalCost(run).epochs),
      totalSeconds: over((run) => totalCost(run).seconds),
    };
  });
}

function publishedFor(plan: SweepPlan, networks: ReportedNetworks): PublishedNumbers[] {
  return plan.networks.flatMap(({ label, model, publishedAs }) => {
    const { dataset } = networks.get(label)!;
    const subject = { model: publishedAs ?? model, data: dataset.name };
    const curves = publishedCurves(subject, plan.published);
    const steps = publishedSteps(subject, plan.published);
    const times = publishedTimes(subject, plan.published);
    return curves.length + steps.length + times.length > 0 ? [{ model: label, curves, steps, times }] : [];
  });
}

export interface ResultParts {
  readonly plan: SweepPlan;
  readonly networks: ReportedNetworks;
  readonly backend: string;
  readonly device: string;
  readonly sideBySide?: SideBySide;
  readonly runs: readonly RunOutcome[];
  readonly failures: readonly RunFailure[];
}

/** The results as a comparison whose models are the sweep's networks and whose methods are its variants. */
export function createSweepResults(parts: ResultParts): SweepResults {
  const { plan, networks, backend, device, sideBySide, runs, failures } = parts;
  const info = plan.networks.map(({ label, model, settings }): SweepNetworkInfo => {
    const compared = networks.get(label)!;
    return { label, model, data: compared.data, settings, denseMacs: denseMacs(compared) };
  });
  const models = Array.from(networks.values(), ({ label, model, data, settings }) => ({
    label,
    file: formatPath(model.network.file),
    data,
    settings,
  }));
  return {
    format: 'prunelens-comparison-1',
    version: packageJson.version,
    backend,
    device,
    ...(sideBySide && sideBySide.width > 1 && { sideBySide }),
    planned: plan.runs.length,
    models,
    methods: plan.variants.map(({ name, title }) => ({ name, title })),
    runs,
    failures,
    summary: summarize(runs),
    sweep: {
      title: plan.title,
      axes: plan.axes,
      networks: info,
      variants: plan.variants.map(({ name, method, settings }) => ({ name, method, settings })),
      costs: costsOf(runs, networks),
      axisCurves: axisCurves(plan, runs),
      published: publishedFor(plan, networks),
    },
  };
}

/** A run's key as people read it. */
export function describeRun({ model, method, sparsity, seed }: RunKey): string {
  return `${model}  ${method}${sparsity > 0 ? ` ${Number((100 * sparsity).toFixed(4))} %` : ''}  seed ${seed}`;
}
