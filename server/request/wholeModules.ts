/** Modules of the user's that stay whole because their code does not go with fewer channels: those that compute the width of a head, as a rule. */
import { formatPath } from '../format';
import type { Network, Parameter, WholeModules } from '../models/types';
import { type ChannelStructure, keptOf, selectChannels } from '../pruning/structured';
import { channelsOf } from './channels';
import type { PreparedModel } from './model';

/** A model whose parameters know what of it stays whole. */
export interface FollowedModel {
  readonly model: PreparedModel;
  /** What stays whole, a class of modules each. */
  readonly whole: readonly WholeModules[];
}

/** Of each group of channels so many go in a trial. */
const TRIED = 0.5;

/** What a trial leaves of each parameter: half of the channels of each group. */
function halfOf(structure: ChannelStructure, prunable: readonly string[]) {
  const scores = new Float32Array(structure.entries);
  return keptOf(structure, selectChannels(structure, scores, { sparsity: TRIED, scope: 'per-layer', prunable }));
}

function reasonOf({ className, error: { location } }: WholeModules): string {
  const place = location ? ` (${formatPath(location.file)}:${location.line})` : '';
  return `the code of ${className} does not go with fewer channels${place}`;
}

/** The model with the kernels of the modules marked. */
function markWhole(model: PreparedModel, whole: WholeModules): PreparedModel {
  const isInside = (name: string) => whole.modules.some((path) => name.startsWith(`${path}.`));
  const parameters = model.network.parameters.map((parameter): Parameter => {
    const { name, aliases = [], role, uncut } = parameter;
    const isMarked = role === 'kernel' && uncut === undefined && [name, ...aliases].some(isInside);
    return isMarked ? { ...parameter, uncut: reasonOf(whole) } : parameter;
  });
  return { ...model, network: { ...model.network, parameters } };
}

async function findWhole(model: PreparedModel, signal?: AbortSignal): Promise<readonly WholeModules[]> {
  const found: WholeModules[] = [];
  let [current, structure] = [model, channelsOf(model)];
  while (model.network.tryCut && structure.splits > 0) {
    const whole = await model.network.tryCut(halfOf(structure, model.prunable), signal);
    // The model itself, or what no module can be named for, is refused when it is made smaller.
    if (!whole || whole.modules.length === 0 || whole.modules.includes('')) break;
    const marked = markWhole(current, whole);
    const left = channelsOf(marked);
    if (left.entries === structure.entries) break;
    if (left.entries === 0) throw whole.error;
    found.push(whole);
    [current, structure] = [marked, left];
  }
  return found;
}

/** What was found of a network: runs of a comparison share it. */
const known = new WeakMap<Network, Promise<readonly WholeModules[]>>();

/**
 * Finds out which modules have to stay whole. Only models are tried that their framework makes smaller, and that have heads or groups to lose: others
 * go with what their layers are, or are told the line when they are made smaller.
 *
 * @throws UserError with the line of a module that has to stay whole, where nothing is left then that could go.
 */
export async function followModules(model: PreparedModel, signal?: AbortSignal): Promise<FollowedModel> {
  const { network } = model;
  if (!network.tryCut) return { model, whole: [] };
  const finding = known.get(network) ?? findWhole(model, signal);
  known.set(network, finding);
  // Who gives up does not decide for others.
  finding.catch(() => known.delete(network));
  const whole = await finding;
  return { model: whole.reduce(markWhole, model), whole };
}

/** What people are told of modules that stay whole, a sentence a class. */
export function wholeNotes(whole: readonly WholeModules[]): readonly string[] {
  return whole.map((one) => {
    const [first, ...others] = one.modules;
    const more = others.length > 0 ? ` and ${others.length} more like it` : '';
    return `${first}${more} ${others.length > 0 ? 'stay' : 'stays'} whole: ${reasonOf(one)}.`;
  });
}
