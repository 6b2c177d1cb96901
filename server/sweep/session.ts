/** The networks of a sweep, each model loaded once. */
import type { CompareFlags } from '../comparison/flags';
import { type ComparedNetwork, type LoadedNetwork, loadNetwork, withOptions } from '../comparison/model';
import type { SweepPlan } from './expand';

export type SweepNetworks = ReadonlyMap<string, ComparedNetwork>;

/**
 * Loads what the sweep trains; everything that is wrong with models, data and settings is a UserError now, not after the first
 * runs.
 *
 * @returns the networks by label.
 */
export async function prepareNetworks(plan: SweepPlan, signal: AbortSignal): Promise<SweepNetworks> {
  const loaded = new Map<string, LoadedNetwork>();
  const load = async (specifier: string, flags: CompareFlags) => {
    const key = JSON.stringify([specifier, flags.data, flags.limit]);
    const found = loaded.get(key) ?? (await loadNetwork(specifier, flags, signal, { trusted: true }));
    loaded.set(key, found);
    return found;
  };
  const networks = new Map<string, ComparedNetwork>();
  for (const { label, specifier, flags } of plan.networks) {
    networks.set(label, withOptions(await load(specifier, flags), label, flags));
  }
  return networks;
}
