/** The inner step of ProsPr in comparisons: one for each network, chosen before its first run. */
import type { Executor } from '../executors/types';
import { comparedMethods } from '../protocol/catalogue/derive';
import { DENSE } from '../protocol/comparison';
import { splitControl } from '../pruning';
import { PROSPR_OPTIONS } from '../pruning/prospr';
import { CATALOGUE } from '../request/catalogue';
import { batchSource } from '../request/data';
import { findMethod } from '../request/methods';
import { withPreset } from '../request/presets';
import { scoreModel } from '../request/scoring';
import type { TrainingRequest } from '../request/types';
import { readWeights } from '../request/weights';
import { type FolderKind, INNER_STEP_SETTING, recordedSettings } from './folder';
import { type ComparedNetwork, withRequest } from './model';

/** What an inner step is chosen for, once for all runs of a network. */
export interface StepChoice {
  readonly executor: Executor;
  /** The highest of the sparsities, at which it matters most. */
  readonly sparsity: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Whether ProsPr is to find a step itself. */
export const asksForStep = ({ scoring }: Pick<TrainingRequest, 'scoring'>): boolean =>
  withPreset(findMethod('prospr'), scoring).innerLearningRate === 'auto';

/** Whether an inner step makes a difference to a method. */
export function takesInnerSteps(method: string): boolean {
  if (method === DENSE) return false;
  const { method: name } = splitControl(method);
  const heeded = comparedMethods(CATALOGUE).find((known) => known.name === name)?.options ?? [];
  return heeded.some((option) => option.name === PROSPR_OPTIONS.innerLr.name);
}

/** The request with a step in place of `auto`. */
export function withStep<Request extends Pick<TrainingRequest, 'scoring'>>(request: Request, innerLr: number): Request {
  if (!asksForStep(request)) return request;
  const { scoring } = request;
  return { ...request, scoring: { ...scoring, options: { ...scoring.options, innerLearningRate: innerLr } } };
}

/** The step that ProsPr chooses for the network with the options of `request`. */
async function chooseStep(
  { model, dataset }: ComparedNetwork,
  { scoring, selection, weightsFile }: TrainingRequest,
  { executor, sparsity, seed, signal }: StepChoice,
): Promise<number> {
  const seeded = { ...model, seed, weights: await readWeights(model.network, seed, weightsFile) };
  const source = batchSource(model.network, dataset, scoring.batchSize, seed);
  const criterion = findMethod('prospr');
  const asked = { criterion, model: seeded, executor, source, scoring, selection, sparsity, signal };
  const { diagnostics } = await scoreModel(asked);
  return diagnostics!.innerLr!;
}

/** A network, and the requests of its runs that take inner steps. */
export interface SteppingNetwork {
  readonly compared: ComparedNetwork;
  readonly requests: readonly TrainingRequest[];
}

/**
 * The step of each network where it is `auto`: the one that the folder records, else the one that fits the first request that takes
 * steps. Networks without either are left out.
 */
export async function innerSteps(
  networks: readonly SteppingNetwork[],
  { folder, kind }: { readonly folder: string; readonly kind: FolderKind },
  choice: StepChoice,
): Promise<ReadonlyMap<string, number>> {
  const steps = new Map<string, number>();
  for (const { compared, requests } of networks) {
    const { label } = compared;
    const asking = requests.find(asksForStep);
    const recorded = Number((await recordedSettings(folder, kind))[label]?.[INNER_STEP_SETTING]);
    if (Number.isFinite(recorded)) steps.set(label, recorded);
    else if (asking) steps.set(label, await chooseStep(compared, asking, choice));
  }
  return steps;
}

/** The network with its step in its request, and in what folders record of it. */
export function steppingNetwork(compared: ComparedNetwork, innerLr: number | undefined): ComparedNetwork {
  if (innerLr === undefined) return compared;
  return withRequest(compared, withStep(compared.request, innerLr));
}

/** The networks of a comparison or a search, each with its step where one of the methods takes any. */
export async function withInnerSteps(
  networks: readonly ComparedNetwork[],
  methods: readonly string[],
  place: { readonly folder: string; readonly kind: FolderKind },
  choice: StepChoice,
): Promise<ComparedNetwork[]> {
  const isAsked = methods.some(takesInnerSteps);
  const asking = networks.map((compared) => ({ compared, requests: isAsked ? [compared.request] : [] }));
  const steps = await innerSteps(asking, place, choice);
  return networks.map((compared) => steppingNetwork(compared, steps.get(compared.label)));
}
