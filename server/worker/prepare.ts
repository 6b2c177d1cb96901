/** From the parameters of a call to a model and a request, exactly as the command line does it. */

import type { Executor } from '../executors/types';
import type { FormKind } from '../protocol/catalogue/derive';
import type { AskedParams, ScoreParams } from '../protocol/worker';
import { flagsOfOptions } from '../request/asked';
import { workOf } from '../request/executor';
import { type Loading, openModel, openTrained, type Requested } from '../request/model';
import type { ModelRequest, RequestFlags, TrainingRequest, TrainingRequestFlags } from '../request/types';
import type { CallContext } from './session';

export type ModelParams = Omit<ScoreParams, 'method' | 'sparsity'>;

/** The parameters as flags of the command line; absent ones come from `prunelens.json` and the defaults. */
export function flagsOf({ data, seed, backend, python, include, exclude, minPerLayer }: ModelParams): RequestFlags {
  return {
    ...(data !== undefined && { data }),
    ...(seed !== undefined && { seed }),
    // A name that is none is refused where backends are opened.
    ...(backend !== undefined && { backend: backend as ModelRequest['backend'] }),
    ...(python && { editorPython: python }),
    ...(include && include.length > 0 && { include }),
    ...(exclude && exclude.length > 0 && { exclude }),
    ...(minPerLayer !== undefined && { minPerLayer }),
  };
}

/** The same with the options of a call that asks for work, which win. @throws UserError (usage) for options that the work does not have. */
export function askedFlags(params: AskedParams, kind: FormKind): TrainingRequestFlags {
  return { ...flagsOf(params), ...flagsOfOptions(params.options, kind) };
}

/** How the model of a call is loaded: whether its code may run, texts that are not saved, and its description where it was just made. */
export function loadingOf({ model, unsaved, fingerprint }: ModelParams, { session, trusted }: CallContext): Loading {
  const known = session.descriptions.find(model, fingerprint);
  return { trusted, ...(unsaved && { unsaved }), ...(known && { known }) };
}

/** The model of a call; `flags` are given besides those of its parameters. */
export function prepare(params: ModelParams, context: CallContext, flags: RequestFlags = {}): Promise<Requested> {
  const { keeper } = context.session;
  return openModel(params.model, { ...flagsOf(params), ...flags }, context.signal, {
    ...loadingOf(params, context),
    keeper,
  });
}

/** The same for a call that trains. */
export function prepareTrained(
  params: ModelParams,
  context: CallContext,
  flags: TrainingRequestFlags = {},
): Promise<Requested<TrainingRequest>> {
  return openTrained(params.model, { ...flagsOf(params), ...flags }, context.signal, loadingOf(params, context));
}

export function executorFor(request: ModelRequest, { session, trusted }: CallContext): Promise<Executor> {
  return session.executors.open({ ...request, work: workOf(request) }, trusted);
}
