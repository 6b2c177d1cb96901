/** From the parameters of a call to a prepared model, exactly as the command line does it. */

import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { ScoreParams } from '../protocol/worker';
import type { ModelOptions } from '../request/flags';
import { type PreparedModel, prepareModel } from '../request/model';
import type { CallContext } from './session';

export type ModelParams = Omit<ScoreParams, 'method' | 'sparsity'>;

export type Flags = Omit<ModelOptions, 'backend'> & { readonly minPerLayer?: number };

/** The parameters as flags of the command line; absent ones come from `prunelens.json` and the defaults. */
export function flagsOf({ data, seed, include, exclude, minPerLayer }: ModelParams): Flags {
  return {
    ...(data !== undefined && { data }),
    ...(seed !== undefined && { seed }),
    ...(include && include.length > 0 && { include }),
    ...(exclude && exclude.length > 0 && { exclude }),
    ...(minPerLayer !== undefined && { minPerLayer }),
  };
}

export function prepare(params: ModelParams, { signal, session, trusted }: CallContext): Promise<PreparedModel> {
  const { model, unsaved, fingerprint } = params;
  const known = session.descriptions.find(model, fingerprint);
  return prepareModel(model, flagsOf(params), signal, {
    trusted,
    ...(unsaved && { unsaved }),
    ...(known && { known }),
  });
}

/** Flags in which `noise` is spelled out for the network: Gaussian noise of its input's shape. */
export function withNoise<T extends Pick<Flags, 'data'>>(flags: T, { inputShape, classes, task }: Network): T {
  if (flags.data !== 'noise') return flags;
  const pixels = task === 'segmentation' ? ':pixels' : '';
  return { ...flags, data: `noise:${inputShape.join('x')}:${classes}${pixels}` };
}

export function executorFor(params: ModelParams, model: PreparedModel, { session }: CallContext): Promise<Executor> {
  return session.executors.open(params.backend ?? model.settings.backend ?? 'auto');
}
