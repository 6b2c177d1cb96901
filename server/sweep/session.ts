/** The networks of a sweep, each model loaded once, and what its runs ask of them. */
import { type ContentHashes, hashContents } from '../comparison/content';
import {
  asksForStep,
  innerSteps,
  type StepChoice,
  steppingNetwork,
  takesInnerSteps,
  withStep,
} from '../comparison/innerStep';
import { type ComparedNetwork, comparedNetwork, type OpenedData, openHashed } from '../comparison/model';
import { LEASE_TIMING } from '../files/lease';
import type { Network } from '../models/types';
import { type LoadedModel, loadForRequests, type PreparedModel, prepareModel } from '../request/model';
import { resolveTraining } from '../request/resolve';
import type { TrainingRequest } from '../request/types';
import type { SweepPlan, SweepRun } from './expand';
import type { ResolvedRun } from './messages';

/** By label. */
export type SweepNetworks = ReadonlyMap<string, ComparedNetwork>;

/** What a sweep trains, with everything loaded and resolved. */
export interface PreparedSweep {
  readonly networks: SweepNetworks;
  /** The run as any process can do it. */
  resolve(run: SweepRun): ResolvedRun;
}

/** A function that makes a value once for each key. */
export function remembered<T>(): (key: unknown, make: () => Promise<T>) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key, make) => {
    const text = JSON.stringify(key);
    const known = made.get(text);
    if (known) return known;
    const making = make();
    made.set(text, making);
    // What has failed is tried again.
    making.catch(() => made.delete(text));
    return making;
  };
}

/** Makes networks of loaded models; those that ask for the same weights or data share them. */
export function createOpener() {
  const models = remembered<PreparedModel>();
  const datasets = remembered<OpenedData>();
  return async (label: string, network: Network, request: TrainingRequest): Promise<ComparedNetwork> => {
    const { specifier, seed, weightsFile, prunable, data, limit, objective } = request;
    const model = await models([specifier, seed, weightsFile, prunable, objective, data], () =>
      prepareModel(network, request),
    );
    const opened = await datasets([specifier, data, limit, objective], () => openHashed(request, model.network));
    return comparedNetwork(label, { model, request }, opened);
  };
}

/**
 * Loads what the sweep trains; everything that is wrong with models, data and settings is a UserError now, not after the first
 * runs.
 */
export async function prepareSweep(plan: SweepPlan, signal: AbortSignal): Promise<PreparedSweep> {
  const open = createOpener();
  const load = remembered<LoadedModel>();
  const networks = new Map<string, ComparedNetwork>();
  const loaded = new Map<string, LoadedModel>();
  for (const { label, specifier, flags } of plan.networks) {
    const model = await load(specifier, () => loadForRequests(specifier, flags, signal, { trusted: true }));
    loaded.set(label, model);
    networks.set(label, await open(label, model.network, resolveTraining({ ...model, flags })));
  }
  const requests = new Map<string, { readonly request: TrainingRequest; readonly content: ContentHashes }>();
  const nameOf = ({ key }: SweepRun) => JSON.stringify([key.model, key.method]);
  for (const run of plan.runs) {
    if (requests.has(nameOf(run))) continue;
    const request = resolveTraining({ ...loaded.get(run.key.model)!, flags: run.flags });
    const { data } = networks.get(run.key.model)!.content;
    requests.set(nameOf(run), { request, content: await hashContents(request, data) });
  }
  return {
    networks,
    resolve(run) {
      const { settings } = networks.get(run.key.model)!;
      const { out, runsFolder, sparsities } = plan;
      const place = { out, ...(runsFolder !== undefined && { runs: runsFolder, timing: LEASE_TIMING }) };
      return {
        key: run.key,
        method: run.variant.method,
        ...requests.get(nameOf(run))!,
        settings,
        ...place,
        sparsities,
      };
    },
  };
}

/** The runs of a network that take inner steps. */
const stepping = ({ runs }: SweepPlan, label: string): readonly SweepRun[] =>
  runs.filter(({ key, variant }) => key.model === label && takesInnerSteps(variant.method));

/** Whether an inner step of ProsPr is to be chosen for any network. */
export function asksForSteps(plan: SweepPlan, { networks, resolve }: PreparedSweep): boolean {
  return [...networks.keys()].some((label) => stepping(plan, label).some((run) => asksForStep(resolve(run).request)));
}

/**
 * The same with the inner step of ProsPr in place of `auto`, one for each network: that of its folder, or the one that fits the first
 * of its runs that takes inner steps.
 */
export async function withSweepSteps(
  plan: SweepPlan,
  sweep: PreparedSweep,
  { executor, signal }: Pick<StepChoice, 'executor' | 'signal'>,
): Promise<PreparedSweep> {
  const asking = Array.from(sweep.networks, ([label, compared]) => ({
    compared,
    requests: stepping(plan, label).map((run) => sweep.resolve(run).request),
  }));
  const [{ key }] = plan.runs;
  const choice = { executor, sparsity: Math.max(...plan.sparsities), seed: key.seed, signal };
  const steps = await innerSteps(asking, { folder: plan.out, kind: 'sweep' }, choice);
  const networks = new Map(
    Array.from(sweep.networks, ([label, compared]) => [label, steppingNetwork(compared, steps.get(label))]),
  );
  return {
    networks,
    resolve(run) {
      const resolved = sweep.resolve(run);
      const { settings } = networks.get(run.key.model)!;
      const step = steps.get(run.key.model);
      return { ...resolved, settings, ...(step !== undefined && { request: withStep(resolved.request, step) }) };
    },
  };
}
